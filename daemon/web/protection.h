// TLS, passwords and headers of a server's pages, made from --web.config.file. Constant: a changed
// file makes a new one. Any thread.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/web_config.h"
#include "daemon/http/passwords.h"
#include "daemon/http/refusals.h"
#include "daemon/http/reply.h"
#include "daemon/http/request_head.h"
#include "daemon/http/tls_context.h"

namespace modelvane {

// The answer to who may not ask.
struct Refusal {
  Reply reply;
  // None: no password was given yet, as browsers begin.
  std::optional<RefusalCause> cause;
};

class Protection {
 public:
  // The error is a sentence.
  static std::expected<std::shared_ptr<const Protection>, std::string> make(
      const WebConfig& config);

  // Null = HTTP in clear text.
  const std::shared_ptr<const TlsContext>& tls() const { return tls_; }
  bool has_passwords() const { return passwords_ != nullptr; }
  // May take as long as a password's check.
  std::optional<Refusal> refusal(const RequestHead& head, Logins& logins) const;
  // Of every answer that does not set them itself.
  const Headers& headers() const { return headers_; }

 private:
  Protection() = default;

  std::shared_ptr<const TlsContext> tls_;
  std::unique_ptr<Passwords> passwords_;  // null = everybody may ask
  Headers headers_;
};

}  // namespace modelvane
