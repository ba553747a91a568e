// Hashes that are the same on every machine and in every version, so that what is made of them may
// be stored.
#pragma once

#include <cstdint>
#include <string_view>

namespace modelvane {

// 64-bit FNV-1a with a final mix.
std::uint64_t stable_hash(std::string_view text);

}  // namespace modelvane
