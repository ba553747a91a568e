// A client that speaks TLS by OpenSSL, on a bare connection, so that a test can send a handshake as
// slowly as it likes.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "tests/unit/transport/certificates.h"
#include "tests/unit/web/client.h"

namespace modelvane::web_test {

class TlsClient {
 public:
  struct Options {
    const test::Identity* trusts = nullptr;  // none = whoever answers
    const test::Identity* shows = nullptr;   // the client's own certificate
    int version = 0;                         // TLS1_2_VERSION; 0 = the newest
  };

  explicit TlsClient(const std::string& address) : TlsClient(address, Options{}) {}
  TlsClient(const std::string& address, const Options& options);

  // The whole handshake. With TLS 1.3 a refused client certificate shows only at the first read.
  bool shakes_hands() const;
  // The first message of the handshake, for raw(); no other call may follow.
  std::string first_flight() const;
  const Client& raw() const { return client_; }

  // False when the server has closed.
  bool send(const std::string& bytes) const;
  // All that comes until the server closes.
  std::string read_all() const;
  // What comes until `end` has come; "" when the server closes before.
  std::string read_until(const std::string& end) const;
  // "HTTP/1.1 200 OK"; "" when there is none.
  std::string status_line(const std::string& request) const;

 private:
  Client client_;
  test::TlsContext context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
};

}  // namespace modelvane::web_test
