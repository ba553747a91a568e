// What a server's TLS is to be like; the file of --web.config.file holds it. A value.
#pragma once

#include <string>
#include <vector>

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

}  // namespace modelvane
