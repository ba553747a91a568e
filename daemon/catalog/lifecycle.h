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
#include "daemon/catalog/rule_value.h"

namespace modelvane {

class LifecycleReader {
 public:
  // Adds what it wants of each row to `row`.
  LifecycleReader(const LifecycleFields& fields, PointerTree& row);
  // nullopt: nothing about an end. `prefix` is stripped from a replacement.
  std::optional<Lifecycle> read(const std::string& id, std::span<const JsonValue> values,
                                std::string_view prefix) const;
  // One for each pointer.
  void watch(std::vector<PointerUse>& uses) const;

 private:
  struct DateSlots {
    std::size_t whole, year, month, day;
  };
  struct FlagSlot {
    std::size_t slot;
    std::string_view deprecated;  // the value that says so: "true", or "false" where the field says
                                  // that all is well
  };
  std::optional<Time> date(std::span<const JsonValue> values) const;

  LifecycleFields fields_;
  std::vector<DateSlots> dates_;
  std::vector<std::size_t> replacements_;
  std::vector<FlagSlot> flags_;
};

}  // namespace modelvane
