// Answers that say themselves that they are not the whole list. Where nothing says how the list
// goes on, one page of it would look like all.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/list_scan.h"

namespace modelvane {

class GoesOn {
 public:
  // Adds what it wants of each answer to `document`.
  explicit GoesOn(PointerTree& document);

  // What says so, and what to write into the configuration, as one sentence; "" = nothing does.
  std::string problem(const std::vector<JsonValue>& values, std::string_view link_header) const;
  // How many rows the answer says that the list has, all pages together.
  std::optional<std::size_t> total(const std::vector<JsonValue>& values) const;

 private:
  std::vector<std::size_t> flags_;
  std::vector<std::size_t> links_;
  std::vector<std::size_t> totals_;
  struct Numbers {
    std::size_t page, pages;
  };
  std::vector<Numbers> numbers_;
};

}  // namespace modelvane
