// SHA-256, HMAC-SHA256 and their two texts, base64 and hex, as signatures need them. Pure; the only
// trouble is an OpenSSL that was configured to refuse HMAC.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace modelvane {

// 32 raw bytes.
std::string sha256(std::string_view message);
// 32 raw bytes.
std::expected<std::string, std::string> hmac_sha256(std::string_view key, std::string_view message);

// RFC 4648 section 4, padded.
std::string to_base64(std::string_view bytes);
std::string to_hex(std::string_view bytes);

}  // namespace modelvane
