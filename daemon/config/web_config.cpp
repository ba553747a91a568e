#include "daemon/config/web_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/config/config_file.h"
#include "daemon/config/field.h"
#include "daemon/config/file_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

using namespace std::string_view_literals;

// Each check of a password at cost 15 takes two seconds of CPU; above, scrapes would run into their
// timeout.
constexpr int kBcryptCostMax = 15;
// "$2y$10$", 22 characters of salt and 31 of the hash.
constexpr std::size_t kBcryptBytes = 60;
// The three of exporters' own headers and then some; more is a mistake.
constexpr std::size_t kReplyHeadersMax = 32;

constexpr std::array kClientCertificates{
    std::pair{"NoClientCert"sv, ClientCertificate::NotAsked},
    std::pair{"RequestClientCert"sv, ClientCertificate::Asked},
    std::pair{"RequireAnyClientCert"sv, ClientCertificate::Required},
    std::pair{"VerifyClientCertIfGiven"sv, ClientCertificate::VerifiedIfGiven},
    std::pair{"RequireAndVerifyClientCert"sv, ClientCertificate::RequiredAndVerified},
};
// Go's name, OpenSSL's name.
constexpr std::array kCurves{
    std::pair{"CurveP256"sv, "P-256"sv},
    std::pair{"CurveP384"sv, "P-384"sv},
    std::pair{"CurveP521"sv, "P-521"sv},
    std::pair{"X25519"sv, "X25519"sv},
};
// They frame the message: another value would break it.
constexpr std::array kFramingHeaders{
    "connection"sv, "content-encoding"sv,  "content-length"sv, "content-type"sv,    "date"sv,
    "keep-alive"sv, "transfer-encoding"sv, "upgrade"sv,        "www-authenticate"sv};

// The value that the table has for one of its words; nullopt when the field has another one, which
// is reported.
template <typename Value, std::size_t count>
std::optional<Value> chosen(const Field& field,
                            const std::array<std::pair<std::string_view, Value>, count>& table) {
  std::array<std::string_view, count> words;
  std::ranges::transform(table, words.begin(), &std::pair<std::string_view, Value>::first);
  const auto word = field.choice(words);
  if (!word) return std::nullopt;
  return std::ranges::find(table, *word, &std::pair<std::string_view, Value>::first)->second;
}

void read_client_certificate(const Fields& fields, WebTls& tls) {
  const auto* type = fields.find("client_auth_type");
  const auto* authority = fields.find("client_ca_file");
  const auto* names = fields.find("client_allowed_sans");
  if (type != nullptr)
    tls.client_certificate = chosen(*type, kClientCertificates).value_or(tls.client_certificate);
  if (authority != nullptr) tls.client_ca_file = read_file_name(*authority);
  if (names != nullptr)
    tls.client_allowed_sans = names->texts("names").value_or(std::vector<std::string>{});
  const bool is_verified = tls.client_certificate == ClientCertificate::VerifiedIfGiven ||
                           tls.client_certificate == ClientCertificate::RequiredAndVerified;
  if (is_verified && authority == nullptr)
    type->fail("needs client_ca_file: the authority that signs the clients' certificates");
  if (!is_verified && authority != nullptr) {
    authority->fail(
        "has no meaning unless client_auth_type is RequireAndVerifyClientCert or "
        "VerifyClientCertIfGiven");
  }
  if (!is_verified && names != nullptr) {
    names->fail(
        "has no meaning unless client_auth_type is RequireAndVerifyClientCert or "
        "VerifyClientCertIfGiven");
  }
}

void read_versions(const Fields& fields, WebTls& tls) {
  static constexpr std::array kVersions{"TLS12"sv, "TLS13"sv};
  if (const auto* version = fields.find("min_version"))
    tls.min_version = version->choice(kVersions).value_or(tls.min_version);
  const auto* highest = fields.find("max_version");
  if (highest == nullptr) return;
  tls.max_version = highest->choice(kVersions).value_or(tls.max_version);
  if (tls.max_version < tls.min_version) highest->fail("must not be below min_version");
}

WebTls read_web_tls(const Field& field) {
  static constexpr std::array kKeys{"cert_file"sv,
                                    "key_file"sv,
                                    "client_auth_type"sv,
                                    "client_ca_file"sv,
                                    "client_allowed_sans"sv,
                                    "min_version"sv,
                                    "max_version"sv,
                                    "cipher_suites"sv,
                                    "prefer_server_cipher_suites"sv,
                                    "curve_preferences"sv};
  WebTls tls;
  const auto fields = field.fields(kKeys);
  if (!fields) return tls;
  if (const auto* file = fields->need("cert_file", "write the path of the certificate (PEM)"))
    tls.cert_file = read_file_name(*file);
  if (const auto* file = fields->need("key_file", "write the path of the certificate's key (PEM)"))
    tls.key_file = read_file_name(*file);
  read_client_certificate(*fields, tls);
  read_versions(*fields, tls);
  if (const auto* suites = fields->find("cipher_suites")) {
    tls.cipher_suites = suites->texts("cipher suites").value_or(std::vector<std::string>{});
  }
  if (const auto* prefers = fields->find("prefer_server_cipher_suites")) {
    tls.prefers_own_ciphers = prefers->boolean().value_or(tls.prefers_own_ciphers);
  }
  if (const auto* curves = fields->find("curve_preferences")) {
    for (const auto& curve : curves->list("curves").value_or(std::vector<Field>{})) {
      if (const auto name = chosen(curve, kCurves)) tls.curves.emplace_back(*name);
    }
  }
  return tls;
}

void read_headers(const Field& field, WebConfig& config) {
  const auto entries = field.entries("a map of header names to values", is_token);
  if (!entries) return;
  if (entries->size() > kReplyHeadersMax)
    field.fail(fmt::format("must have at most {} headers", kReplyHeadersMax));
  for (const auto& [name, value] : *entries) {
    const auto text = value.text("text");
    if (!text) continue;
    if (!is_token(name)) {
      value.fail("a header name must be letters, digits and any of !#$%&'*+-.^_`|~");
    } else if (std::ranges::find(kFramingHeaders, to_lower(name)) != kFramingHeaders.end()) {
      value.fail("modelvane sets this header itself; remove it");
    } else if (!is_header_value(*text)) {
      value.fail("must not have control characters");
    } else {
      config.headers.emplace_back(name, *text);
    }
  }
}

void read_http(const Field& field, WebConfig& config) {
  static constexpr std::array kKeys{"http2"sv, "headers"sv};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  // A permission that this server, which speaks HTTP/1.1, makes no use of.
  if (const auto* http2 = fields->find("http2")) (void)http2->boolean();
  if (const auto* headers = fields->find("headers")) read_headers(*headers, config);
}

// What is wrong with a bcrypt hash; it is not repeated.
std::optional<std::string> hash_problem(std::string_view hash) {
  constexpr auto is_salt_or_hash = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '.' && c <= '9');
  };
  const bool is_bcrypt =
      hash.size() == kBcryptBytes &&
      (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) &&
      hash[4] >= '0' && hash[4] <= '3' && hash[5] >= '0' && hash[5] <= '9' && hash[6] == '$' &&
      std::ranges::all_of(hash.substr(7), is_salt_or_hash);
  if (!is_bcrypt)
    return "must be a bcrypt hash, such as htpasswd -nBC 10 \"\" makes it (not shown: it may be "
           "the password)";
  const int cost = 10 * (hash[4] - '0') + (hash[5] - '0');
  if (cost < 4 || cost > kBcryptCostMax)
    return fmt::format("must have a cost of 4 to {}, not {}", kBcryptCostMax, cost);
  return std::nullopt;
}

void read_users(const Field& field, WebConfig& config) {
  const auto entries = field.entries("a map of user names to bcrypt hashes", is_showable_key);
  if (!entries) return;
  if (entries->empty()) field.fail("has no user: nobody could ask; write one, or remove the key");
  for (const auto& [name, value] : *entries) {
    const auto hash = value.text("a bcrypt hash");
    if (!hash) continue;
    if (name.empty() || name.find(':') != std::string::npos || !is_header_value(name)) {
      value.fail("a user name must not be empty, nor have colons or control characters");
    } else if (const auto problem = hash_problem(*hash)) {
      value.fail(*problem);
    } else {
      config.users.emplace(name, *hash);
    }
  }
}

WebConfig read_web_config(const YamlNode& root, Findings& findings) {
  static constexpr std::array kKeys{"tls_server_config"sv, "http_server_config"sv,
                                    "basic_auth_users"sv};
  WebConfig config;
  if (root.kind == YamlNode::Kind::Null) return config;  // as in Prometheus: nothing is asked for
  const Field whole{root, root.at, "", findings};
  const auto fields = whole.fields(kKeys);
  if (!fields) return config;
  if (const auto* field = fields->find("tls_server_config")) config.tls = read_web_tls(*field);
  if (const auto* field = fields->find("http_server_config")) read_http(*field, config);
  if (const auto* field = fields->find("basic_auth_users")) read_users(*field, config);
  return config;
}

}  // namespace

std::expected<WebConfig, std::vector<ConfigError>> parse_web_config(std::string_view yaml,
                                                                    const std::string& file) {
  const auto root = parse_config_file(yaml, file);
  if (!root) return std::unexpected{root.error()};
  Findings findings{file};
  auto config = read_web_config(**root, findings);
  if (!findings.empty()) return std::unexpected{findings.take()};
  return config;
}

std::expected<WebConfig, std::vector<ConfigError>> load_web_config(const std::string& path) {
  const auto text = read_config_file(path);
  if (!text) return std::unexpected{text.error()};
  return parse_web_config(*text, path);
}

}  // namespace modelvane
