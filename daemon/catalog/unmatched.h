// What the user wrote and finds nothing in a whole list: worth a word, for it is often a slip.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/reading.h"
#include "daemon/catalog/rule_value.h"

namespace modelvane {

class Unmatched {
 public:
  void watch(std::string what, std::size_t slot, PointerUse::Wants wants) {
    uses_.emplace_back(std::move(what), slot, wants);
  }
  void see(const ScannedRow& row);
  // The rule has made a target of some value, be it that of the row itself.
  void found_target(std::size_t rule) { rules_with_targets_.insert(rule); }
  // Of pointers that have found nothing in so many rows. `place` begins the sentences.
  void add_pointers(std::size_t rows, std::string_view place,
                    std::vector<CatalogNote>& notes) const;
  // Of a rule whose pointers find something, which makes no target all the same; `header` is the
  // value of its header.
  void add_rule(const AliasRule& rule, std::size_t index, std::string_view header,
                std::vector<CatalogNote>& notes) const;

 private:
  std::vector<PointerUse> uses_;
  std::set<std::size_t> rules_with_targets_;
  std::string members_;  // of the first row, for comparison
};

}  // namespace modelvane
