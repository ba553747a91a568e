// Names from other people's servers as people may read them. Characters that nobody sees, and those
// that turn the direction of the text around them, make one model look like another: they are shown
// by their number, "<U+202E>". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace modelvane {

// Has no shape of its own: direction marks, zero widths, fillers, tags, variation selectors.
bool is_unseen(std::uint32_t code_point);

// `text` with those characters shown. What is not UTF-8 stays as it is.
std::string visible(std::string_view text);

}  // namespace modelvane
