#include "daemon/notify/vendor_signature.h"

#include <fmt/format.h>

#include <cctype>

#include "daemon/text/hmac.h"

namespace modelvane {
namespace {

// Without a signature the receiver refuses the message, and its answer says why: no worse than an
// error of our own.
std::string hmac_or_nothing(std::string_view key, std::string_view message) {
  return hmac_sha256(key, message).value_or("");
}

}  // namespace

std::string feishu_signature(std::string_view secret, std::int64_t unix_seconds) {
  return to_base64(hmac_or_nothing(fmt::format("{}\n{}", unix_seconds, secret), ""));
}

std::string dingtalk_signature(std::string_view secret, std::int64_t unix_milliseconds) {
  return to_base64(hmac_or_nothing(secret, fmt::format("{}\n{}", unix_milliseconds, secret)));
}

std::string github_signature(std::string_view secret, std::string_view body) {
  return "sha256=" + to_hex(hmac_or_nothing(secret, body));
}

std::string url_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string_view{"-._~"}.find(c) != std::string_view::npos;
    encoded += is_plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace modelvane
