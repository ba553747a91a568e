// Throw-away authorities and certificates for TLS tests, made in memory and written as PEM files
// into a directory that is removed at the end.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace modelvane::test {

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

struct LeafOptions {
  std::string subject_names = "IP:127.0.0.1,DNS:models.test";  // subjectAltName
  std::chrono::seconds valid_for{3600};                        // negative = expired
};

Identity make_authority(const std::string& name);
Identity make_leaf(const Identity& authority, const LeafOptions& options = {});

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
TlsContext server_context(const Identity& identity);

class PemFolder {
 public:
  PemFolder();
  ~PemFolder();
  PemFolder(const PemFolder&) = delete;
  PemFolder& operator=(const PemFolder&) = delete;

  std::string write_certificate(const std::string& name, const Identity& identity) const;
  std::string write_key(const std::string& name, const Identity& identity) const;

 private:
  std::filesystem::path path_;
};

}  // namespace modelvane::test
