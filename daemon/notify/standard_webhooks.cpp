#include "daemon/notify/standard_webhooks.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstddef>
#include <optional>

namespace modelvane {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// The specification's bounds. Shorter ones can be guessed.
constexpr std::size_t kKeyBytesMin = 24;
constexpr std::size_t kKeyBytesMax = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A key that is wiped when it is no longer needed: a core dump should not show it.
struct Key {
  std::array<unsigned char, kKeyBytesMax> bytes{};
  std::size_t size = 0;
  ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

// RFC 4648 section 4, strictly: padded, no line breaks, no bits left over. OpenSSL's own decoder trims white space and counts the
// padding as zero bytes; receivers' libraries would then compute with another key.
bool decode_base64(std::string_view text, Key& key) {
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t size = text.size() / 4 * 3 - (text.empty() ? 0 : padding);
  if (size < kKeyBytesMin || size > kKeyBytesMax) return false;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    key.bytes[key.size++] = static_cast<unsigned char>(bits >> bit_count);
    bits &= (1U << bit_count) - 1;
  }
  return bits == 0;
}

std::string encode_base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> hmac_sha256(const Key& key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (!HMAC(EVP_sha256(), key.bytes.data(), static_cast<int>(key.size), bytes_of(message), message.size(), digest.data(),
            &size)) {
    return std::nullopt;
  }
  return encode_base64({digest.data(), size});
}

}  // namespace

std::expected<std::string, std::string> sign(std::string_view id, std::int64_t unix_seconds, std::string_view body,
                                             std::span<const std::string> secrets) {
  // A dot in the id would let two messages share a signature.
  if (id.empty() || id.find('.') != std::string_view::npos)
    return std::unexpected("a webhook-id must not be empty or contain a dot");
  if (secrets.empty()) return std::unexpected("there is no signing secret");
  // Receivers print the number anew before they hash: a plain integer, no sign, no leading zero.
  const auto content = fmt::format("{}.{}.{}", id, unix_seconds, body);
  std::string header;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    Key key;
    const std::string_view secret = secrets[i];
    if (!secret.starts_with(kSecretPrefix) || !decode_base64(secret.substr(kSecretPrefix.size()), key)) {
      return std::unexpected(fmt::format(
          "signing secret {} of {} is not whsec_ followed by base64 of {} to {} bytes; make one by: echo whsec_$(openssl rand "
          "-base64 32)",
          i + 1, secrets.size(), kKeyBytesMin, kKeyBytesMax));
    }
    const auto signature = hmac_sha256(key, content);
    if (!signature)
      return std::unexpected("the system's OpenSSL refuses HMAC-SHA256; look at its configuration (FIPS mode, openssl.cnf)");
    // Exactly one space between signatures: the Python library fails on anything else.
    header += fmt::format("{}v1,{}", header.empty() ? "" : " ", *signature);
  }
  return header;
}

}  // namespace modelvane
