#include "daemon/notify/standard_webhooks.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "daemon/text/hmac.h"

namespace modelvane {
namespace {

constexpr std::string_view kHmacPrefix = "whsec_";
constexpr std::string_view kEd25519Prefix = "whsk_";
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// The specification's bounds. Shorter ones can be guessed.
constexpr std::size_t kKeyBytesMin = 24;
constexpr std::size_t kKeyBytesMax = 64;
// The private half and then the public one.
constexpr std::size_t kEd25519KeyBytes = 64;
constexpr std::size_t kEd25519SeedBytes = 32;
constexpr std::size_t kEd25519SignatureBytes = 64;

// A key that is wiped when it is no longer needed: a core dump should not show it.
struct Key {
  std::array<char, kKeyBytesMax> bytes{};
  std::size_t size = 0;
  ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::string_view view() const { return {bytes.data(), size}; }
};

// RFC 4648 section 4, strictly: padded, no line breaks, no bits left over. OpenSSL's own decoder
// trims white space and counts the padding as zero bytes; receivers' libraries would then compute
// with another key.
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
    key.bytes[key.size++] = static_cast<char>(bits >> bit_count);
    bits &= (1U << bit_count) - 1;
  }
  return bits == 0;
}

std::expected<std::string, std::string> ed25519(const Key& key, std::string_view message) {
  using PKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  const auto* const seed = reinterpret_cast<const unsigned char*>(key.bytes.data());
  const PKey pkey{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, kEd25519SeedBytes),
                  EVP_PKEY_free};
  const Context context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  std::array<unsigned char, kEd25519SignatureBytes> signature{};
  std::size_t size = signature.size();
  const bool is_signed =
      pkey && context &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  if (!is_signed)
    return std::unexpected(
        "the system's OpenSSL refuses ed25519; look at its configuration (FIPS mode, openssl.cnf)");
  return std::string{reinterpret_cast<const char*>(signature.data()), size};
}

// "v1,..." or "v1a,..."; nullopt when the secret has no known form.
std::optional<std::expected<std::string, std::string>> signature_of(std::string_view secret,
                                                                    std::string_view content) {
  Key key;
  using Text = std::expected<std::string, std::string>;
  const auto text = [](std::string_view version, const Text& raw) {
    return raw ? Text{fmt::format("{},{}", version, to_base64(*raw))} : raw;
  };
  if (secret.starts_with(kHmacPrefix) && decode_base64(secret.substr(kHmacPrefix.size()), key))
    return text("v1", hmac_sha256(key.view(), content));
  const bool is_ed25519 = secret.starts_with(kEd25519Prefix) &&
                          decode_base64(secret.substr(kEd25519Prefix.size()), key);
  if (is_ed25519 && key.size == kEd25519KeyBytes) return text("v1a", ed25519(key, content));
  return std::nullopt;
}

}  // namespace

std::expected<std::string, std::string> sign(std::string_view id, std::int64_t unix_seconds,
                                             std::string_view body,
                                             std::span<const std::string> secrets) {
  // A dot in the id would let two messages share a signature.
  if (id.empty() || id.find('.') != std::string_view::npos)
    return std::unexpected("a webhook-id must not be empty or contain a dot");
  if (secrets.empty()) return std::unexpected("there is no signing secret");
  // Receivers print the number anew before they hash: a plain integer, no sign, no leading zero.
  const auto content = fmt::format("{}.{}.{}", id, unix_seconds, body);
  std::string header;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const auto signature = signature_of(secrets[i], content);
    if (!signature) {
      return std::unexpected(
          fmt::format("signing secret {} of {} is not whsec_ followed by base64 of {} to {} bytes; "
                      "make one by: echo whsec_$(openssl rand "
                      "-base64 32)",
                      i + 1, secrets.size(), kKeyBytesMin, kKeyBytesMax));
    }
    if (!*signature) return std::unexpected(signature->error());
    // Exactly one space between signatures: the Python library fails on anything else.
    header += fmt::format("{}{}", header.empty() ? "" : " ", **signature);
  }
  return header;
}

}  // namespace modelvane
