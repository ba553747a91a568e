#include "daemon/core/reading.h"

#include <algorithm>

namespace modelvane {

bool IdFilter::accepts(const std::string& id) const {
  const auto matches = [&id](const IdPattern& pattern) { return std::regex_search(id, pattern.regex); };
  if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return false;
  return std::none_of(exclude.begin(), exclude.end(), matches);
}

bool AliasNames::name(const std::string& id) const {
  if (std::find(ids.begin(), ids.end(), id) != ids.end()) return true;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&id](const IdPattern& pattern) { return std::regex_search(id, pattern.regex); });
}

}  // namespace modelvane
