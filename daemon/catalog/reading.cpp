#include "daemon/catalog/reading.h"

#include <algorithm>

namespace modelvane {

// Nearly all patterns are plain words with an anchor; std::regex needs microseconds for each id,
// and lists have thousands.
bool IdPattern::matches(const std::string& id) const {
  std::string_view word = text;
  const bool at_start = word.starts_with('^');
  if (at_start) word.remove_prefix(1);
  const bool at_end = word.ends_with('$');
  if (at_end) word.remove_suffix(1);
  if (word.find_first_of(R"(^$\.*+?()[]{}|)") != std::string_view::npos)
    return std::regex_search(id, regex);
  if (at_start && at_end) return id == word;
  if (at_start) return id.starts_with(word);
  return at_end ? id.ends_with(word) : id.find(word) != std::string::npos;
}

bool IdFilter::accepts(const std::string& id) const {
  const auto matches = [&id](const IdPattern& pattern) { return pattern.matches(id); };
  if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return false;
  return std::none_of(exclude.begin(), exclude.end(), matches);
}

bool AliasNames::name(const std::string& id) const {
  if (std::find(ids.begin(), ids.end(), id) != ids.end()) return true;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&id](const IdPattern& pattern) { return pattern.matches(id); });
}

}  // namespace modelvane
