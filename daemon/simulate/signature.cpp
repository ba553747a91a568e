#include "daemon/simulate/signature.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <optional>

namespace modelvane::simulated {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kVersionPrefix = "v1,";
constexpr std::size_t kDigestBytes = 32;  // SHA-256

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Standard base64 with padding. OpenSSL counts the padding as zero bytes, so it is taken off by
// hand.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string decoded(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  decoded.resize(static_cast<std::size_t>(size) - padding);
  return decoded;
}

std::string encode_base64(std::string_view bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   bytes_of(bytes), static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

std::expected<Time, std::string> parse_timestamp(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // The upper bound is the year 9999; beyond it the sum with a tolerance could overflow.
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || seconds < 0 ||
      seconds > 253402300799) {
    return std::unexpected("webhook-timestamp is not a whole number of seconds");
  }
  return Time{std::chrono::seconds{seconds}};
}

bool is_equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Does one piece of the space-separated list equal `expected`?
bool is_listed(std::string_view list, std::string_view expected) {
  bool found = false;
  while (!list.empty()) {
    const std::size_t space = list.find(' ');
    found |= is_equal_in_constant_time(list.substr(0, space), expected);
    list.remove_prefix(space == std::string_view::npos ? list.size() : space + 1);
  }
  return found;
}

}  // namespace

std::string sign_message(const SignedMessage& message, std::string_view secret) {
  if (secret.starts_with(kSecretPrefix)) secret.remove_prefix(kSecretPrefix.size());
  const auto key = decode_base64(secret);
  if (!key) return "";
  const std::string content = fmt::format("{}.{}.{}", message.id, message.timestamp, message.body);
  std::array<unsigned char, kDigestBytes> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()), bytes_of(content), content.size(),
       digest.data(), &size);
  return std::string(kVersionPrefix) +
         encode_base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::expected<void, std::string> verify_signature(const SignedMessage& message,
                                                  const std::vector<std::string>& secrets,
                                                  Time now) {
  if (message.id.empty()) return std::unexpected("webhook-id is missing");
  if (message.signatures.empty()) return std::unexpected("webhook-signature is missing");
  const auto sent = parse_timestamp(message.timestamp);
  if (!sent) return std::unexpected(sent.error());
  if (*sent < now - kTimestampTolerance) return std::unexpected("webhook-timestamp is too old");
  if (*sent > now + kTimestampTolerance)
    return std::unexpected("webhook-timestamp lies in the future");
  for (const std::string& secret : secrets) {
    const std::string expected = sign_message(message, secret);
    if (!expected.empty() && is_listed(message.signatures, expected)) return {};
  }
  return std::unexpected("no signature fits");
}

}  // namespace modelvane::simulated
