// Patterns of webhook subscriptions and event filters.
#pragma once

#include <string_view>

namespace modelvane {

// `*` stands for any run of characters (also none), everything else for itself: "alias.*" matches
// "alias.moved". Linear time in practice, O(pattern x text) at worst.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace modelvane
