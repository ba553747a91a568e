#include "daemon/config/access.h"

#include <utility>

#include "daemon/text/url.h"

namespace modelvane {

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
