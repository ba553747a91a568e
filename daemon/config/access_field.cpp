#include "daemon/config/access_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "daemon/config/file_field.h"
#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

// More headers than servers accept by default, and far more than anybody needs.
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kQueryKeysMax = 16;
constexpr std::size_t kScopesMax = 32;

// They frame the message or belong to the connection: setting them would break the exchange.
constexpr std::array kTransportHeaders{
    std::string_view{"accept-encoding"}, std::string_view{"connection"},
    std::string_view{"content-length"},  std::string_view{"expect"},
    std::string_view{"keep-alive"},      std::string_view{"te"},
    std::string_view{"trailer"},         std::string_view{"transfer-encoding"},
    std::string_view{"upgrade"},
};

std::optional<Authorization> read_authorization(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"type"}, std::string_view{"credentials"},
                                    std::string_view{"credentials_env"},
                                    std::string_view{"credentials_file"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return std::nullopt;
  Authorization authorization;
  if (const auto* type = fields->find("type")) {
    if (auto text = type->text("an authentication scheme such as Bearer")) {
      if (!is_token(*text)) {
        type->fail("must be an authentication scheme such as Bearer: one word");
      } else if (to_lower(*text) == "basic") {
        type->fail("Basic needs a user name and a password; use basic_auth");
      }
      authorization.type = std::move(*text);
    }
  }
  auto secret = read_secret(*fields, "credentials", credentials_problem,
                            "write one of credentials, credentials_env and credentials_file");
  if (secret) authorization.credentials = std::move(*secret);
  return authorization;
}

std::optional<BasicAuth> read_basic_auth(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"username"}, std::string_view{"password"},
                                    std::string_view{"password_env"},
                                    std::string_view{"password_file"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return std::nullopt;
  BasicAuth auth;
  if (const auto* username = fields->need("username", "write the user name")) {
    if (auto text = username->text("a user name")) {
      if (text->find(':') != std::string::npos || !is_header_value(*text)) {
        username->fail("must not have a colon or control characters");
      }
      auth.username = std::move(*text);
    }
  }
  auto secret = read_secret(*fields, "password", header_value_problem,
                            "write one of password, password_env and password_file");
  if (secret) auth.password = std::move(*secret);
  return auth;
}

// A word of AWS's own, such as eu-central-1 or bedrock: it stands in the signature's scope.
std::string read_scope_word(const Fields& fields, std::string_view key, std::string_view example) {
  const auto* field = fields.need(key, fmt::format("write it, such as {}", example));
  if (field == nullptr) return "";
  auto text = field->text(fmt::format("a word such as {}", example)).value_or("");
  if (!text.empty() && !is_token(text))
    field->fail(fmt::format("must be a word such as {}", example));
  return text;
}

std::optional<SigV4> read_sigv4(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"region"},
                                    std::string_view{"service"},
                                    std::string_view{"access_key"},
                                    std::string_view{"access_key_env"},
                                    std::string_view{"access_key_file"},
                                    std::string_view{"secret_key"},
                                    std::string_view{"secret_key_env"},
                                    std::string_view{"secret_key_file"},
                                    std::string_view{"session_token"},
                                    std::string_view{"session_token_env"},
                                    std::string_view{"session_token_file"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return std::nullopt;
  SigV4 sigv4{.region = read_scope_word(*fields, "region", "eu-central-1"),
              .service = read_scope_word(*fields, "service", "bedrock")};
  const auto read = [&](std::string_view key, bool is_needed) {
    const auto what = is_needed ? fmt::format("write one of {0}, {0}_env and {0}_file", key) : "";
    return read_secret(*fields, key, credentials_problem, what).value_or(SecretRef{});
  };
  sigv4.access_key = read("access_key", true);
  sigv4.secret_key = read("secret_key", true);
  sigv4.session_token = read("session_token", false);
  return sigv4;
}

// RFC 6749, 3.3: any visible ASCII but quotes and backslash.
bool is_scope(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\';
  });
}

std::optional<OAuth2> read_oauth2(const Field& field) {
  static constexpr std::array kKeys{
      std::string_view{"client_id"},         std::string_view{"client_secret"},
      std::string_view{"client_secret_env"}, std::string_view{"client_secret_file"},
      std::string_view{"token_url"},         std::string_view{"scopes"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return std::nullopt;
  OAuth2 oauth2;
  if (const auto* id = fields->need("client_id", "write the client's id")) {
    oauth2.client_id = id->text("the client's id").value_or("");
    if (!is_header_value(oauth2.client_id)) id->fail("must not have control characters");
  }
  if (auto secret = read_secret(*fields, "client_secret", header_value_problem,
                                "write one of client_secret, client_secret_env and "
                                "client_secret_file"))
    oauth2.client_secret = std::move(*secret);
  const auto* url = fields->need("token_url", "write where tokens are given out");
  if (url != nullptr) {
    oauth2.token_url = url->text("a URL such as https://login.example.com/token").value_or("");
    const auto problem = oauth2.token_url.empty() ? std::nullopt : url_problem(oauth2.token_url);
    if (problem) url->fail(*problem);
  }
  if (const auto* scopes = fields->find("scopes")) {
    for (const auto& item : scopes->list("scopes").value_or(std::vector<Field>{})) {
      oauth2.scopes.push_back(item.text("a scope such as models.read").value_or(""));
      if (!is_scope(oauth2.scopes.back())) item.fail("must be one word of plain ASCII");
    }
    if (oauth2.scopes.size() > kScopesMax)
      scopes->fail(fmt::format("must have at most {} entries", kScopesMax));
  }
  return oauth2;
}

// False when the header must not be set here; says why.
bool may_set(const Field& field, const std::string& name,
             std::span<const std::string_view> reserved, const Access& access) {
  const auto key = to_lower(name);
  if (std::ranges::find(kTransportHeaders, key) != kTransportHeaders.end() ||
      std::ranges::find(reserved, key) != reserved.end()) {
    field.fail("modelvane sets this header itself; remove it");
    return false;
  }
  if (key == "host" && access.sigv4) {
    field.fail("sigv4 signs the host of the URL; remove it");
    return false;
  }
  const bool is_set_elsewhere =
      access.authorization || access.basic_auth || access.sigv4 || access.oauth2;
  if (key == "authorization" && is_set_elsewhere) {
    field.fail(fmt::format("{} sets this header, too; keep one of them",
                           access.authorization ? "authorization"
                           : access.basic_auth  ? "basic_auth"
                           : access.sigv4       ? "sigv4"
                                                : "oauth2"));
    return false;
  }
  return true;
}

void read_headers(const Field& field, std::span<const std::string_view> reserved, Access& access) {
  const auto entries = field.entries("a map of header names to values", is_token);
  if (!entries) return;
  if (entries->size() > kHeadersMax)
    field.fail(fmt::format("must have at most {} headers, not {}", kHeadersMax, entries->size()));
  std::map<std::string, int> lines;
  for (const auto& [name, value] : *entries) {
    if (!is_token(name)) {
      value.fail(
          "a header name must be letters, digits and any of !#$%&'*+-.^_`|~ (not shown: it may "
          "hold a secret)");
      continue;
    }
    const auto [first, is_new] = lines.emplace(to_lower(name), value.at().line);
    if (!is_new) {
      value.fail(fmt::format("duplicate header (case does not count); it stands above, on line {}",
                             first->second));
      continue;
    }
    if (!may_set(value, name, reserved, access)) continue;
    const auto check = to_lower(name) == "host" ? authority_problem : header_value_problem;
    if (auto secret = read_secret_value(value, check))
      access.http_headers.emplace_back(name, std::move(*secret));
  }
}

void read_query(const Field& field, Access& access) {
  const auto entries = field.entries("a map of query keys to values", is_token);
  if (!entries) return;
  if (entries->size() > kQueryKeysMax) {
    field.fail(fmt::format("must have at most {} keys, not {}", kQueryKeysMax, entries->size()));
  }
  for (const auto& [key, value] : *entries) {
    if (!is_token(key)) {
      value.fail(
          "a query key must be letters, digits and any of !#$%&'*+-.^_`|~ (not shown: it may hold "
          "a secret)");
    }
    if (auto secret = read_secret_value(value, header_value_problem))
      access.query.emplace_back(key, std::move(*secret));
  }
}

TlsOptions read_tls(const Field& field) {
  static constexpr std::array kKeys{
      std::string_view{"ca_file"},     std::string_view{"cert_file"},
      std::string_view{"key_file"},    std::string_view{"server_name"},
      std::string_view{"min_version"}, std::string_view{"insecure_skip_verify"}};
  static constexpr std::array kVersions{std::string_view{"TLS12"}, std::string_view{"TLS13"}};
  TlsOptions tls;
  const auto fields = field.fields(kKeys);
  if (!fields) return tls;
  const auto* cert = fields->find("cert_file");
  const auto* key = fields->find("key_file");
  if (const auto* ca = fields->find("ca_file")) tls.ca_file = read_file_name(*ca);
  if (cert != nullptr) tls.cert_file = read_file_name(*cert);
  if (key != nullptr) tls.key_file = read_file_name(*key);
  if (cert != nullptr && key == nullptr)
    cert->fail("a client certificate needs its key; write key_file, too");
  if (key != nullptr && cert == nullptr)
    key->fail("a client key needs its certificate; write cert_file, too");
  if (const auto* name = fields->find("server_name")) {
    tls.server_name = name->text("a host name").value_or("");
    if (!tls.server_name.empty() && url_problem(fmt::format("https://{}/", tls.server_name)))
      name->fail("must be a host name");
  }
  if (const auto* version = fields->find("min_version"))
    tls.min_version = version->choice(kVersions).value_or("");
  if (const auto* skip = fields->find("insecure_skip_verify"))
    tls.insecure_skip_verify = skip->boolean().value_or(false);
  return tls;
}

ProxyOptions read_proxy(const Fields& fields) {
  ProxyOptions proxy;
  const auto* url = fields.find("proxy_url");
  const auto* no_proxy = fields.find("no_proxy");
  const auto* from_environment = fields.find("proxy_from_environment");
  if (url != nullptr) {
    proxy.url = url->text("a URL such as http://proxy:3128").value_or("");
    const auto problem = proxy.url.empty() ? std::nullopt : url_problem(proxy.url, UrlKind::Proxy);
    if (problem) url->fail(*problem);
  }
  if (no_proxy != nullptr) {
    proxy.no_proxy = no_proxy->text("hosts, separated by commas").value_or("");
    if (!is_header_value(proxy.no_proxy)) no_proxy->fail("must not have control characters");
    if (url == nullptr) no_proxy->fail("has no meaning without proxy_url");
  }
  if (from_environment != nullptr) {
    proxy.from_environment = from_environment->boolean().value_or(false);
    if (proxy.from_environment && url != nullptr)
      from_environment->fail("cannot stand beside proxy_url; keep one of them");
  }
  return proxy;
}

}  // namespace

std::span<const std::string_view> access_keys() {
  static constexpr std::array kKeys{
      std::string_view{"authorization"},    std::string_view{"basic_auth"},
      std::string_view{"http_headers"},     std::string_view{"query"},
      std::string_view{"tls_config"},       std::string_view{"proxy_url"},
      std::string_view{"no_proxy"},         std::string_view{"proxy_from_environment"},
      std::string_view{"follow_redirects"}, std::string_view{"sigv4"},
      std::string_view{"oauth2"},
  };
  return kKeys;
}

Access read_access(const Fields& fields, std::span<const std::string_view> reserved_headers,
                   QueryKeys query_keys) {
  Access access;
  if (const auto* field = fields.find("authorization"))
    access.authorization = read_authorization(*field);
  if (const auto* field = fields.find("basic_auth")) {
    access.basic_auth = read_basic_auth(*field);
    if (fields.find("authorization") != nullptr)
      field->fail("cannot stand beside authorization; keep one of them");
  }
  if (const auto* field = fields.find("sigv4")) {
    access.sigv4 = read_sigv4(*field);
    if (fields.find("authorization") != nullptr || fields.find("basic_auth") != nullptr)
      field->fail("cannot stand beside authorization or basic_auth; keep one of them");
  }
  if (const auto* field = fields.find("oauth2")) {
    access.oauth2 = read_oauth2(*field);
    if (access.authorization || access.basic_auth || access.sigv4)
      field->fail("cannot stand beside authorization, basic_auth or sigv4; keep one of them");
  }
  if (const auto* field = fields.find("http_headers"))
    read_headers(*field, reserved_headers, access);
  const auto* query = query_keys == QueryKeys::May ? fields.find("query") : nullptr;
  if (query != nullptr) read_query(*query, access);
  if (const auto* field = fields.find("tls_config")) access.tls = read_tls(*field);
  access.proxy = read_proxy(fields);
  if (const auto* field = fields.find("follow_redirects")) {
    if (field->boolean().value_or(false))
      field->fail(
          "redirects are never followed: the key would go to another host; give the final URL");
  }
  return access;
}

}  // namespace modelvane
