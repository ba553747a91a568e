#include "daemon/catalog/reading.h"

#include <algorithm>

namespace modelvane {

namespace {

bool any_matches(const std::vector<Pattern>& patterns, std::string_view id) {
  return std::ranges::any_of(patterns,
                             [id](const Pattern& pattern) { return pattern.is_found_in(id); });
}

}  // namespace

bool IdFilter::accepts(std::string_view id) const {
  return (include.empty() || any_matches(include, id)) && !any_matches(exclude, id);
}

bool AliasNames::name(std::string_view id) const {
  return std::ranges::find(ids, id) != ids.end() || any_matches(patterns, id);
}

}  // namespace modelvane
