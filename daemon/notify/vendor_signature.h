// Signatures of vendors' bots, and the one that GitHub's webhooks made common. The first two swap
// key and message. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace modelvane {

// Base64 of HMAC-SHA256 with the key "<seconds>\n<secret>" over nothing.
std::string feishu_signature(std::string_view secret, std::int64_t unix_seconds);
// Base64 of HMAC-SHA256 with the key <secret> over "<milliseconds>\n<secret>".
std::string dingtalk_signature(std::string_view secret, std::int64_t unix_milliseconds);
// The value of X-Hub-Signature-256.
std::string github_signature(std::string_view secret, std::string_view body);

// Percent-encoded for a query: all but letters, digits and "-._~".
std::string url_encoded(std::string_view text);

}  // namespace modelvane
