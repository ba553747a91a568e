// What a mistyped command line is answered.
#pragma once

#include <string>
#include <vector>

namespace modelvane {

// For a word that is neither a command nor a flag among `names`, with the one that was probably
// meant.
std::string unknown_word(const std::string& typed, const std::vector<std::string>& names);

}  // namespace modelvane
