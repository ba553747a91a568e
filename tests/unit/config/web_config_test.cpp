#include "daemon/config/web_config.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config_world.h"

using namespace modelvane;
using modelvane::test::TemporaryFolder;

namespace {

const std::string kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

struct Files {
  TemporaryFolder folder;
  std::string file = (folder.path() / "web.yml").string();

  Files() {
    for (const auto* name : {"cert.pem", "key.pem", "ca.pem"}) folder.write(name, "PEM");
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }

  WebConfig read(const std::string& yaml) const {
    const auto config = parse_web_config(yaml, file);
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : to_text(config.error().front())));
    return *config;
  }
  // Without the file's name.
  std::string errors(const std::string& yaml) const {
    const auto config = parse_web_config(yaml, file);
    if (config) return "";
    std::vector<std::string> lines;
    for (const auto& error : config.error())
      lines.push_back(to_text(error).substr(file.size() + 1));
    return fmt::format("{}", fmt::join(lines, "\n"));
  }
};

}  // namespace

TEST_CASE("a web config has the keys that Prometheus' own has") {
  const Files files;
  const auto config = files.read(fmt::format(R"(tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  client_allowed_sans: [prometheus.example.com]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: true
  headers: {{Strict-Transport-Security: max-age=31536000}}
basic_auth_users:
  alice: {0}
  bob: "{0}"
)",
                                             kHash));
  REQUIRE(config.tls);
  CHECK(config.tls->cert_file == files.path("cert.pem"));
  CHECK(config.tls->key_file == files.path("key.pem"));
  CHECK(config.tls->client_certificate == ClientCertificate::RequiredAndVerified);
  CHECK(config.tls->client_ca_file == files.path("ca.pem"));
  CHECK(config.tls->client_allowed_sans == std::vector<std::string>{"prometheus.example.com"});
  CHECK(config.tls->cipher_suites ==
        std::vector<std::string>{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
  CHECK(config.tls->curves == std::vector<std::string>{"X25519", "P-256"});
  CHECK_FALSE(config.tls->prefers_own_ciphers);
  CHECK(config.users == decltype(config.users){{"alice", kHash}, {"bob", kHash}});
  CHECK(config.headers ==
        decltype(config.headers){{"Strict-Transport-Security", "max-age=31536000"}});
}

TEST_CASE("an empty web config asks for nothing") {
  const Files files;
  CHECK(files.read("") == WebConfig{});
  CHECK(files.read("# later\n") == WebConfig{});
}

TEST_CASE("all errors of a web config come at once, each with its place") {
  const Files files;
  CHECK(
      files.errors(R"(tls_server_config:
  cert_file: nowhere.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS10
  max_version: TLS12
  curve_preferences: [CurveP257]
http_server_config:
  headers: {Content-Length: 1}
basic_auth_user: {}
)") ==
      fmt::format(
          R"(2:3: tls_server_config.key_file: is missing; write the path of the certificate's key (PEM)
2:14: tls_server_config.cert_file: there is no file "{}"
3:21: tls_server_config.client_auth_type: needs client_ca_file: the authority that signs the clients' certificates
4:16: tls_server_config.min_version: must be one of TLS12, TLS13, not "TLS10"; did you mean "TLS12"?
6:23: tls_server_config.curve_preferences[0]: must be one of CurveP256, CurveP384, CurveP521, X25519, {}
8:29: http_server_config.headers.Content-Length: modelvane sets this header itself; remove it
9:1: basic_auth_user: unknown key; did you mean "basic_auth_users"?)",
          files.path("nowhere.pem"), "not \"CurveP257\"; did you mean \"CurveP256\"?"));
}

TEST_CASE("what a client certificate would be checked against must go with the wish to check it") {
  const Files files;
  constexpr auto kPair = "tls_server_config: {cert_file: cert.pem, key_file: key.pem";
  CHECK(files.errors(fmt::format("{}, client_ca_file: ca.pem}}", kPair))
            .find("has no meaning unless") != std::string::npos);
  CHECK(files
            .errors(fmt::format(
                "{}, client_auth_type: RequireAnyClientCert, client_allowed_sans: [a]}}", kPair))
            .find("client_allowed_sans: has no meaning unless") != std::string::npos);
  CHECK(files.errors(fmt::format("{}, min_version: TLS13, max_version: TLS12}}", kPair))
            .find("must not be below min_version") != std::string::npos);
}

TEST_CASE("a password in place of its hash is refused and not repeated") {
  const Files files;
  const auto errors = files.errors("basic_auth_users:\n  alice: hunter2hunter2\n");
  CHECK(errors.starts_with("2:10: basic_auth_users.alice: must be a bcrypt hash"));
  CHECK(errors.find("hunter2") == std::string::npos);
  const auto costly = files.errors("basic_auth_users: {a: \"$2y$16" + kHash.substr(6) + "\"}");
  CHECK(costly.find("must have a cost of 4 to 15, not 16") != std::string::npos);
  CHECK(files.errors("basic_auth_users: {}").find("nobody could ask") != std::string::npos);
  CHECK(files.errors("basic_auth_users: {\"a:b\": \"" + kHash + "\"}").find("colons") !=
        std::string::npos);
}
