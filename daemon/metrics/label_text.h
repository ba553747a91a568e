// What may stand in a label value. One byte that is not UTF-8 makes Prometheus drop the whole
// scrape, and names come from other people's servers: so every label value passes through here, and
// nowhere else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modelvane {

// The longest public model id has 90 bytes; a longer value only costs memory in every Prometheus
// that scrapes it.
inline constexpr std::size_t kLabelBytesMax = 256;

// Valid UTF-8 without control characters (each becomes U+FFFD), at most kLabelBytesMax bytes; what
// is cut ends in "…".
std::string label_text(std::string_view text);

}  // namespace modelvane
