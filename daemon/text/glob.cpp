#include "daemon/text/glob.h"

#include <algorithm>
#include <cstddef>

namespace modelvane {

bool glob_matches(std::string_view pattern, std::string_view text) {
  // The usual two-pointer walk: on a mismatch, let the last `*` swallow one more character.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool labels_match(const std::map<std::string, std::string>& patterns,
                  const std::map<std::string, std::string>& labels) {
  return std::ranges::all_of(patterns, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && glob_matches(wanted.second, found->second);
  });
}

}  // namespace modelvane
