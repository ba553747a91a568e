// Signatures by Standard Webhooks 1.0.0: HMAC-SHA256 ("v1") or ed25519 ("v1a") over
// "{id}.{timestamp}.{body}", one per secret, so that a receiver may know the old or the new one
// during a rotation. Pure; docs/FORMATS.md describes the headers for receivers.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace modelvane {

// The value of `webhook-signature`: "v1,<base64> v1a,<base64>", in the order of the secrets
// ("whsec_" + base64 of 24 to 64 bytes, or "whsk_" + base64 of an ed25519 key's private and public
// 32 bytes). `body` is the very text that is sent. The error is a sentence without a secret in it.
std::expected<std::string, std::string> sign(std::string_view id, std::int64_t unix_seconds,
                                             std::string_view body,
                                             std::span<const std::string> secrets);

}  // namespace modelvane
