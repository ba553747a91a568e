#include "daemon/http/passwords.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// Of the twelve workers, see event_query.cpp. A check at the usual cost of 10 takes 0.1 s.
constexpr Places::Limits kLimits{
    .inside = 1, .waiting = 3, .patience = std::chrono::milliseconds{2'000}};
// bcrypt reads 72 bytes; the name comes on top. More is no password.
constexpr std::size_t kCredentialBytesMax = 1'024;
// Each user has one, but bcrypt looks at 72 bytes only: longer ones are many. A set that is full
// starts anew.
constexpr std::size_t kKnownMax = 1'000;

std::array<unsigned char, 32> random_key() {
  std::array<unsigned char, 32> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("no random numbers");
  return key;
}

// A hash that no password has, as dear to check as the first user's.
std::string stand_in_for(const Passwords::Users& users) {
  return users.empty() ? "" : users.begin()->second.substr(0, 29) + std::string(31, '.');
}

std::optional<std::string> decoded(std::string_view base64) {
  if (base64.empty() || base64.size() % 4 != 0 || base64.size() > kCredentialBytesMax)
    return std::nullopt;
  std::string text(base64.size() / 4 * 3, '\0');
  const auto* const from = reinterpret_cast<const unsigned char*>(base64.data());
  const int bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()), from,
                                    static_cast<int>(base64.size()));
  if (bytes < 0) return std::nullopt;
  const auto padding = base64.ends_with("==") ? 2U : base64.ends_with('=') ? 1U : 0U;
  text.resize(static_cast<std::size_t>(bytes) - padding);
  return text;
}

// "Basic bmFtZTpwYXNzd29yZA==" -> "name:password". The scheme's case does not count.
std::optional<std::string> credentials_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "basic ";
  if (!starts_with_ignoring_case(authorization, kScheme)) return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  auto credentials = decoded(authorization);
  // A zero byte would end the password for crypt(3).
  if (!credentials || credentials->find('\0') != std::string::npos) return std::nullopt;
  return credentials;
}

bool matches(const std::string& password, const std::string& hash) {
  const auto work = std::make_unique<crypt_data>();
  const char* const made = crypt_r(password.c_str(), hash.c_str(), work.get());
  const std::string_view text = made == nullptr ? std::string_view{} : std::string_view{made};
  return text.size() == hash.size() && CRYPTO_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

}  // namespace

Passwords::Passwords(Users users)
    : users_(std::move(users)),
      stand_in_(stand_in_for(users_)),
      key_(random_key()),
      places_(kLimits) {}

Passwords::Digest Passwords::digest_of(std::string_view credentials) const {
  Digest digest{};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(credentials.data());
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes, credentials.size(),
       digest.data(), nullptr);
  return digest;
}

bool Passwords::is_known(const Digest& digest) {
  const std::scoped_lock lock{mutex_};
  return known_.contains(digest);
}

Passwords::Verdict Passwords::check(std::string_view authorization) {
  const auto credentials = credentials_of(authorization);
  const auto colon = credentials ? credentials->find(':') : std::string::npos;
  if (colon == std::string::npos) return Verdict::Wrong;
  const auto digest = digest_of(*credentials);
  if (is_known(digest)) return Verdict::Right;
  const Places::Place place{places_};
  if (!place.is_taken()) return Verdict::Busy;
  if (is_known(digest))
    return Verdict::Right;  // by now: clients begin with several requests at once
  const auto user = users_.find(std::string_view{*credentials}.substr(0, colon));
  const bool is_right =
      matches(credentials->substr(colon + 1), user == users_.end() ? stand_in_ : user->second);
  if (!is_right || user == users_.end()) return Verdict::Wrong;
  const std::scoped_lock lock{mutex_};
  if (known_.size() >= kKnownMax) known_.clear();
  known_.insert(digest);
  return Verdict::Right;
}

}  // namespace modelvane
