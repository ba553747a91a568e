// Text for HTML. Names, error texts and evidence come from other people's servers: every one of them passes through escape().
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/time.h"

namespace modelvane::html {

// Safe in element content and in quoted attribute values. Control characters and bad UTF-8 become U+FFFD; long text is cut.
std::string escape(std::string_view text);

// <time datetime="…" title="…">3 min ago</time>
std::string ago(Time time, Time now);
// "3 min", "2 d": the largest unit that fits, for people.
std::string rough(Duration span);

// "1 alias", "2 aliases"
std::string count(std::size_t number, std::string_view singular, std::string_view plural);

}  // namespace modelvane::html
