// Outbound HTTP as the engine sees it: room, start, wait. Two implementations exist: CurlTransport
// (the network) and the simulator's scripted one. Used by the engine thread only, but for wake().
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/reason.h"
#include "daemon/text/time.h"
#include "daemon/transport/egress.h"
#include "daemon/transport/phases.h"
#include "daemon/transport/shortage.h"

namespace modelvane {

struct TlsOptions {
  std::string ca_file;  // "" = the system's
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  std::string min_version;  // "", "TLS12", "TLS13"
  bool insecure_skip_verify = false;
  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

struct ProxyOptions {
  std::string url;  // "" = no proxy; may carry user:password, so it is a secret
  std::string no_proxy;
  bool from_environment = false;
  friend bool operator==(const ProxyOptions&, const ProxyOptions&) = default;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A kept connection is not used beyond this age, unless the request says otherwise: behind a name
// there may be other machines by now, of which an open connection never learns.
inline constexpr Duration kConnectionAgeMax = std::chrono::minutes{5};
// What AWS Signature Version 4 is made with (aws_signature.h).
struct AwsKeys {
  std::string region;
  std::string service;
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // "" = none
};

// OAuth 2.0 client credentials (oauth2_transport.h): with whose token a request goes.
struct OAuth2Grant {
  std::string token_url;
  std::string client_id;
  std::vector<std::string> scopes;
  // Read when a token is fetched, and at no other time. The error is a sentence.
  std::function<std::expected<std::string, std::string>()> client_secret;
  std::string secret_identity;  // tells secrets apart without being one
};

// The envelope of a mail.
struct Mail {
  std::string from;  // addresses alone
  std::vector<std::string> to;
  bool wants_starttls = false;  // and nothing is sent without it
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;          // absolute http(s) URL; of a mail smtp(s)://host:port
  std::string unix_socket;  // where to connect instead of the URL's host; "" = there
  HttpHeaders headers;
  std::string body;
  TlsOptions tls;
  ProxyOptions proxy;
  std::string basic_username;  // with basic_password: HTTP basic authentication
  std::string basic_password;
  std::optional<AwsKeys> aws;  // signed when it is sent
  std::optional<OAuth2Grant> oauth2{};
  // The body is a whole message. Of the rest only URL, basic_*, tls, proxy and timeout count; the
  // reply has the server's last code about the mail as its status, as its body the lines that
  // refused something, kMailRefusedAt as a header when that was the message itself, and for each
  // recipient that it was not taken for kMailRefusedRecipient, or kMailDeferredRecipient when the
  // server asks to try again later.
  std::optional<Mail> mail{};
  Duration timeout{0};  // ONE deadline: queueing for an address, DNS, connect, TLS, headers, body
  std::size_t body_limit = 0;     // bytes after decompression
  std::size_t body_expected = 0;  // bytes, as the last such answer had; 0 = nobody knows
  bool reuse_connection = false;
  Duration connection_age_max = kConnectionAgeMax;  // of a kept one
  // Once the final status line is there the answer counts, however its body goes wrong (too long,
  // badly compressed, cut off): the reply then has as much of the body as could be read.
  bool status_suffices = false;
  // Asked with the whole body so far whenever more of it has come: true ends the exchange as if
  // that were all of it. Runs on the transport's thread, and must not throw.
  std::function<bool(std::string_view)> is_enough;

  // Names of headers are compared without regard to case.
  bool has_header(std::string_view name) const;
  // In place of whatever the header was before.
  void set_header(std::string_view name, std::string value);
};

inline constexpr std::string_view kMailRefusedAt = "mail-refused-at";
inline constexpr std::string_view kMailRefusedRecipient = "mail-refused-recipient";
inline constexpr std::string_view kMailDeferredRecipient = "mail-deferred-recipient";

struct HttpReply {
  int status = 0;
  std::string body;
  HttpHeaders headers;   // names in lower case
  std::string bearer{};  // the token that went with the request by its grant; a secret
  Phases phases;
  Duration total{0};
  bool is_broken_off = false;  // by HttpRequest::is_enough
  // The earliest end in the verified chain (without verification: in the served one); only after a
  // fresh TLS handshake.
  std::optional<Time> certificate_expiry;

  // First header of that (lower-case) name, or "".
  std::string_view header(std::string_view name) const;
};

struct HttpFailure {
  Reason reason = Reason::Other;       // Dns, Connect, Tls, Timeout, TooLarge or Other
  std::string sentence;                // no URL, header or key in it
  std::optional<Shortage> shortage{};  // it was this machine's, and nothing is known of the peer
  Phases phases;
  Duration total{0};
  // The same, also of a certificate that was refused, as far as a handshake came.
  std::optional<Time> certificate_expiry;
};

using HttpResult = std::expected<HttpReply, HttpFailure>;

struct Completion {
  std::uint64_t ticket = 0;
  HttpResult result;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Starts an exchange. Never blocks, never fails: what cannot be started completes at the next
  // wait() with a failure.
  virtual void start(std::uint64_t ticket, HttpRequest request) = 0;
  // Where exchanges that start from now on may go. Before the first call only what is refused by
  // itself is refused.
  virtual void set_egress(EgressRules rules) = 0;
  // Forgets an exchange; no completion follows. Unknown tickets are ignored.
  virtual void cancel(std::uint64_t ticket) = 0;
  virtual std::size_t in_flight() const = 0;
  // Sleeps until something completed, wake() was called, or `timeout` (>= 0) has passed. Appends to
  // `completed`.
  virtual void wait(Duration timeout, std::vector<Completion>& completed) = 0;
  // Ends a present or the next wait() early. Any thread, also from a signal-safe context.
  virtual void wake() = 0;
};

}  // namespace modelvane
