#include "daemon/catalog/unmatched.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/catalog/row_text.h"

namespace modelvane {

void Unmatched::see(const ScannedRow& row) {
  if (!uses_.empty() && members_.empty()) members_ = members_of(row.raw);
  for (auto& use : uses_) use.see(row.values);
}

void Unmatched::add_pointers(std::size_t rows, std::string_view place,
                             std::vector<CatalogNote>& notes) const {
  for (const auto& use : uses_) {
    if (const auto problem = use.problem(rows, members_); !problem.empty())
      notes.push_back({use.what(), fmt::format("{}{}", place, problem)});
  }
}

void Unmatched::add_rule(const AliasRule& rule, std::size_t index, std::string_view header,
                         std::vector<CatalogNote>& notes) const {
  const auto what = describe(rule);
  const bool is_of_header = reads_list_header(rule);
  const bool is_told =
      rules_with_targets_.contains(index) ||
      std::ranges::any_of(notes, [&](const auto& note) { return note.rule == what; });
  const bool is_read = rule.kind == Rule::Field || rule.kind == Rule::Reverse;
  if (is_told || !is_read || (!is_of_header && !rule.match)) return;
  notes.push_back({what, is_of_header && header.empty()
                             ? fmt::format("{}: the answer has no such header", what)
                             : fmt::format("{} finds values, but no target in any of them{}", what,
                                           rule.match ? ": does match fit?" : "")});
}

}  // namespace modelvane
