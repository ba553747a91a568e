// Text of strangers (replies of receivers, names from a provider's list) made fit for a line in a
// log, a page or a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modelvane {

// At most `characters_max` characters on one line, with "…" where text was cut off. Runs of white
// space become one blank; control characters, characters that turn the direction of writing or are
// invisible, and bytes that are not UTF-8 become "?".
std::string plain_text(std::string_view text, std::size_t characters_max);

// Number of characters; counts what plain_text returns.
std::size_t character_count(std::string_view text);

}  // namespace modelvane
