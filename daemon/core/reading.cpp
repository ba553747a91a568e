#include "daemon/core/reading.h"

#include <algorithm>

namespace modelvane {

bool IdFilter::accepts(const std::string& id) const {
  const auto matches = [&id](const IdPattern& pattern) { return std::regex_search(id, pattern.regex); };
  if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return false;
  return std::none_of(exclude.begin(), exclude.end(), matches);
}

}  // namespace modelvane
