// What a mistyped command line is answered.
#pragma once

#include <string>
#include <vector>

namespace modelvane {

// For a word that is neither a command nor a flag among `names`, with the one that was probably
// meant.
std::string unknown_word(const std::string& typed, const std::vector<std::string>& names);

// For CLI11, which would take -1 for a very large number: "" when `text` is a number of things to
// be shown or made, else what it must be.
std::string problem_of_count(const std::string& text);

}  // namespace modelvane
