// What a row says about its model's end, in the many ways in which providers say it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/reading.h"
#include "daemon/catalog/unmatched.h"

namespace modelvane {

// A date in one of the ways in which lists write them, be it a placeholder.
bool is_date(const JsonValue& value);

class LifecycleReader {
 public:
  // Adds what it wants of each row to `row`.
  LifecycleReader(const LifecycleFields& fields, PointerTree& row);
  // nullopt: nothing about an end. `prefix` is stripped from a replacement.
  std::optional<Lifecycle> read(const std::string& id, std::span<const JsonValue> values,
                                std::string_view prefix) const;
  // One for each pointer.
  void watch(Unmatched& unmatched) const;

 private:
  struct DateSlots {
    std::size_t whole, year, month, day;
  };
  struct FlagSlot {
    std::size_t slot;
    bool deprecated;  // the value that says so; false where the field says that all is well
  };
  bool says_deprecated(const FlagSlot& flag, const JsonValue& value) const;
  std::optional<Time> date(std::span<const JsonValue> values) const;

  LifecycleFields fields_;
  std::vector<DateSlots> dates_;
  std::vector<std::size_t> replacements_;
  std::vector<FlagSlot> flags_;
};

}  // namespace modelvane
