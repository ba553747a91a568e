#include "daemon/config/access.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/text/hash.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

std::expected<AwsKeys, std::string> keys_of(const SigV4& sigv4) {
  AwsKeys keys{.region = sigv4.region, .service = sigv4.service};
  for (auto [secret, text] : {std::pair{&sigv4.access_key, &keys.access_key},
                              {&sigv4.secret_key, &keys.secret_key},
                              {&sigv4.session_token, &keys.session_token}}) {
    if (!secret->is_set()) continue;
    auto value = reveal(*secret);
    if (!value) return std::unexpected(std::move(value.error()));
    *text = std::move(*value);
  }
  return keys;
}

OAuth2Grant grant_of(const OAuth2& oauth2) {
  const auto& secret = oauth2.client_secret;
  return {
      .token_url = oauth2.token_url,
      .client_id = oauth2.client_id,
      .scopes = oauth2.scopes,
      .client_secret = [secret] { return reveal(secret); },
      .secret_identity = fmt::format(
          "{:x}", stable_hash(fmt::format("{}\n{}", static_cast<int>(secret.from), secret.where)))};
}

}  // namespace

std::vector<const SecretRef*> secrets_of(const Access& access) {
  std::vector<const SecretRef*> secrets;
  if (access.authorization) secrets.push_back(&access.authorization->credentials);
  if (access.basic_auth) secrets.push_back(&access.basic_auth->password);
  for (const auto* named : {&access.http_headers, &access.query}) {
    for (const auto& [name, secret] : *named) secrets.push_back(&secret);
  }
  if (const auto& sigv4 = access.sigv4) {
    for (const auto* secret : {&sigv4->access_key, &sigv4->secret_key, &sigv4->session_token})
      secrets.push_back(secret);
  }
  if (access.oauth2) secrets.push_back(&access.oauth2->client_secret);
  return secrets;
}

std::expected<void, std::string> apply(const Access& access, HttpRequest& request) {
  if (access.authorization) {
    auto credentials = reveal(access.authorization->credentials);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    request.set_header("Authorization", access.authorization->type + " " + *credentials);
  }
  if (access.basic_auth) {
    auto password = reveal(access.basic_auth->password);
    if (!password) return std::unexpected(std::move(password.error()));
    request.basic_username = access.basic_auth->username;
    request.basic_password = std::move(*password);
  }
  if (access.sigv4) {
    auto keys = keys_of(*access.sigv4);
    if (!keys) return std::unexpected(std::move(keys.error()));
    request.aws = std::move(*keys);
  }
  if (access.oauth2) request.oauth2 = grant_of(*access.oauth2);
  for (const auto& [name, secret] : access.http_headers) {
    auto value = reveal(secret);
    if (!value) return std::unexpected(std::move(value.error()));
    request.set_header(name, std::move(*value));
  }
  for (const auto& [key, secret] : access.query) {
    auto value = reveal(secret);
    if (!value) return std::unexpected(std::move(value.error()));
    request.url = with_query(request.url, key, *value);
  }
  request.tls = access.tls;
  request.proxy = access.proxy;
  return {};
}

}  // namespace modelvane
