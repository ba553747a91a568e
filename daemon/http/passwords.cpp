#include "daemon/http/passwords.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// bcrypt reads 72 bytes; the name comes on top. More is no password.
constexpr std::size_t kCredentialBytesMax = 1'024;
// A hash that no password has, as dear to check as the dearest one. "$2b$12$" says how dear, then
// come 22 characters of salt.
std::string stand_in_for(const Passwords::Users& users) {
  constexpr std::size_t kSettingBytes = 29;
  constexpr std::size_t kRestBytes = 31;
  const auto cost = [](const auto& user) {
    return user.second.substr(0, kSettingBytes).substr(4, 2);
  };
  const auto dearest = std::ranges::max_element(users, {}, cost);
  if (dearest == users.end()) return "";
  return dearest->second.substr(0, kSettingBytes) + std::string(kRestBytes, '.');
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

Passwords::Passwords(Users users) : users_(std::move(users)), stand_in_(stand_in_for(users_)) {}

std::string Passwords::user_in(std::string_view authorization) {
  const auto credentials = credentials_of(authorization);
  return credentials ? credentials->substr(0, credentials->find(':')) : "";
}

Passwords::Verdict Passwords::check(std::string_view authorization, std::string_view peer,
                                    Logins& logins) const {
  if (authorization.empty()) return Verdict::None;
  const auto credentials = credentials_of(authorization);
  const auto colon = credentials ? credentials->find(':') : std::string::npos;
  if (colon == std::string::npos) return Verdict::Malformed;
  const auto user = users_.find(std::string_view{*credentials}.substr(0, colon));
  const bool has_name = user != users_.end();
  const auto& hash = has_name ? user->second : stand_in_;
  const Login login{.user = has_name ? user->first : "",
                    .peer = std::string{peer},
                    .digest = logins.digest_of(hash, *credentials)};
  if (logins.is_known(login.digest)) return Verdict::Right;
  const Logins::Turn turn{logins, login};
  if (!turn.has_come()) return Verdict::Busy;
  if (logins.is_known(login.digest)) return Verdict::Right;  // by now
  if (!matches(credentials->substr(colon + 1), hash) || !has_name) return Verdict::Wrong;
  logins.remember(login.digest);
  return Verdict::Right;
}

}  // namespace modelvane
