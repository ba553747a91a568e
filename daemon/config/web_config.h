// The file of --web.config.file: TLS, passwords and headers of the daemon's own pages. Its keys are
// those that Prometheus and its exporters read (exporter-toolkit, docs/web-configuration.md), so
// that one file serves all of them.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config_error.h"

namespace modelvane {

// In the file by the names of Go's crypto/tls: NoClientCert, RequestClientCert and so on.
enum class ClientCertificate { NotAsked, Asked, Required, VerifiedIfGiven, RequiredAndVerified };

struct WebTls {
  std::string cert_file;  // PEM, the whole chain
  std::string key_file;
  ClientCertificate client_certificate = ClientCertificate::NotAsked;
  std::string client_ca_file;
  std::vector<std::string> client_allowed_sans;  // empty = whoever client_ca_file stands for
  std::string min_version = "TLS12";             // or TLS13
  std::string max_version = "TLS13";             // or TLS12
  std::vector<std::string> cipher_suites;  // IANA's names, of TLS 1.2; empty = OpenSSL's choice
  bool prefers_own_ciphers = true;
  std::vector<std::string> curves;  // in OpenSSL's words; empty = its choice
  friend bool operator==(const WebTls&, const WebTls&) = default;
};

struct WebConfig {
  std::optional<WebTls> tls;
  std::map<std::string, std::string, std::less<>>
      users;  // name -> bcrypt hash; empty = everybody may ask
  std::vector<std::pair<std::string, std::string>>
      headers;  // of every answer that does not set them itself
  friend bool operator==(const WebConfig&, const WebConfig&) = default;
};

// All errors at once, in file order. Certificates are checked for being there, not for what they
// hold.
std::expected<WebConfig, std::vector<ConfigError>> parse_web_config(std::string_view yaml,
                                                                    const std::string& file);
std::expected<WebConfig, std::vector<ConfigError>> load_web_config(const std::string& path);

}  // namespace modelvane
