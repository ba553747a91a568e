// Patterns of webhook subscriptions and event filters.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace modelvane {

// `*` stands for any run of characters (also none), everything else for itself: "alias.*" matches
// "alias.moved". Linear time in practice, O(pattern x text) at worst.
bool glob_matches(std::string_view pattern, std::string_view text);

// Each label that there is a pattern for is there, with a value that the pattern matches.
bool labels_match(const std::map<std::string, std::string>& patterns,
                  const std::map<std::string, std::string>& labels);

}  // namespace modelvane
