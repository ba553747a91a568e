#include "daemon/config/identity.h"

#include "daemon/config/file_stamp.h"
#include "daemon/config/secret.h"

namespace modelvane {

void IdentityParts::add(const std::string& part) {
  text_ += std::to_string(part.size()) + ":" + part;
}

void IdentityParts::add(const SecretRef& secret) {
  add(secret.is_set() ? reveal(secret).value_or("") : std::string{});
}

void IdentityParts::add_file(const std::string& path) {
  add(path);
  const auto stamp = path.empty() ? std::nullopt : stamp_of(path);
  if (!stamp) return;
  for (const long time : stamp->times) add(std::to_string(time));
  add(std::to_string(stamp->inode));
}

void IdentityParts::add(const Access& access) {
  if (access.authorization) {
    add(access.authorization->type);
    add(access.authorization->credentials);
  }
  if (access.basic_auth) {
    add(access.basic_auth->username);
    add(access.basic_auth->password);
  }
  for (const auto* named : {&access.http_headers, &access.query}) {
    for (const auto& [name, secret] : *named) {
      add(name);
      add(secret);
    }
  }
  for (const auto* path : {&access.tls.ca_file, &access.tls.cert_file, &access.tls.key_file})
    add_file(*path);
  add(access.tls.server_name);
  add(access.tls.min_version);
  add(access.tls.insecure_skip_verify ? std::string{"unverified"} : std::string{});
  add(access.proxy.url);
  add(access.proxy.no_proxy);
  add(access.proxy.from_environment ? std::string{"environment"} : std::string{});
  if (access.sigv4) {
    add(access.sigv4->region);
    add(access.sigv4->service);
    for (const auto* secret :
         {&access.sigv4->access_key, &access.sigv4->secret_key, &access.sigv4->session_token})
      add(*secret);
  }
  if (access.oauth2) {
    add(access.oauth2->token_url);
    add(access.oauth2->client_id);
    add(access.oauth2->client_secret);
    for (const auto& scope : access.oauth2->scopes) add(scope);
  }
}

}  // namespace modelvane
