// CRC-32C (Castagnoli) over stored rows. SQLite notices a damaged page's structure, but not a
// flipped byte inside a row: neither quick_check nor integrity_check does. Any flip of up to three
// bits and any burst of up to 32 is found. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace modelvane {

// Several fields are chained: crc32c(b, crc32c(a)) is the checksum of a followed by b.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace modelvane
