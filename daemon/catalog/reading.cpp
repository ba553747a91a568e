#include "daemon/catalog/reading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace modelvane {

namespace {

bool any_matches(const std::vector<Pattern>& patterns, std::string_view id) {
  return std::ranges::any_of(patterns,
                             [id](const Pattern& pattern) { return pattern.is_found_in(id); });
}

}  // namespace

std::string describe(const AliasRule& rule) {
  if (!rule.join.empty()) return fmt::format("join {}", fmt::join(rule.join, ", "));
  if (reads_list_header(rule)) return fmt::format("header {}", rule.header);
  return fmt::format("{} {}", label(rule.kind), rule.pointer);
}

bool IdFilter::accepts(std::string_view id) const {
  return (include.empty() || any_matches(include, id)) && !any_matches(exclude, id);
}

bool AliasNames::name(std::string_view id) const {
  return std::ranges::find(ids, id) != ids.end() || any_matches(patterns, id);
}

const AliasRule* served_rule(const Reading& reading) {
  const auto found = std::ranges::find(reading.rules, Rule::Served, &AliasRule::kind);
  return found == reading.rules.end() ? nullptr : &*found;
}

}  // namespace modelvane
