// Text for XML 1.0. Names and error texts come from other people's servers: every one of them
// passes through escape().
#pragma once

#include <string>
#include <string_view>

namespace modelvane::xml {

// Safe in element content and in quoted attribute values. `text` is UTF-8, as everything stored or
// configured is; characters that XML cannot hold at all (controls, U+FFFE, U+FFFF) become U+FFFD.
std::string escape(std::string_view text);

}  // namespace modelvane::xml
