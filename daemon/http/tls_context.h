// What this server shows and asks for in TLS handshakes: certificate, versions, ciphers, client
// certificates. Constant after load(). Connections keep what they need of it, so it may go before
// them.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/tls_settings.h"

// OpenSSL's, whose headers stay out of this one.
struct ssl_ctx_st;
struct ssl_st;

namespace modelvane {

class TlsContext {
 public:
  // The error is a sentence: which key of the file, what is wrong with what it names.
  static std::expected<std::shared_ptr<const TlsContext>, std::string> load(const WebTls& options);

  // A sentence when the certificate's time is over, or has not begun: clients will not trust it.
  std::optional<std::string> problem_of_time() const;
  // The server's side of a new connection over `fd`, which stays the caller's. Null when memory ran
  // out.
  std::shared_ptr<ssl_st> connect(int fd) const;

 private:
  TlsContext() = default;

  std::shared_ptr<const WebTls> options_;  // the handshakes' callback reads it
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace modelvane
