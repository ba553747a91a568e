// One request on its way: its deadline, what has arrived so far within the caps, and the libcurl
// handle while it is at work. Owned by the transport, used by its thread only. libcurl holds
// pointers into it (header list, body, error text), so an exchange stays where it is and gives its
// handle back (release) before it dies.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/transport/body_decoder.h"
#include "daemon/transport/kept_sockets.h"
#include "daemon/transport/resolver.h"
#include "daemon/transport/target.h"
#include "daemon/transport/transport.h"
#include "daemon/transport/trust_store.h"

struct curl_slist;

namespace modelvane {

// What libcurl finds itself from 8.11 on (CURLE_BAD_CONTENT_ENCODING), in the middle of the head.
inline constexpr std::string_view kTransferCodingRefused =
    "the answer's Transfer-Encoding names more than \"chunked\": that is not read";

// What the handshake saw of the server's certificate; libcurl's own report of it formats every
// field and costs a quarter of a handshake. Shared with the TLS context, which may outlive the
// exchange in a kept connection.
struct HandshakeNote {
  std::optional<Time> leaf_expiry;
  // The earliest end in the chain that was verified, or of what was served when none was.
  std::optional<Time> expiry;
  int error = 0;  // X509_V_ERR_…, the first
};

// Bounds of an answer's head. A real one has 20 to 40 fields in 1 to 4 kB; the caps hold for
// interim answers and trailers too.
inline constexpr std::size_t kHeaderBytesMax = 64 * 1024;
inline constexpr std::size_t kHeadersMax = 200;
// For requests that set no body_limit of their own.
inline constexpr std::size_t kDefaultBodyLimit = 1024 * 1024;

struct SlistDeleter {
  void operator()(curl_slist* list) const;
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

// How far a conversation with a mail server has come: the last command that was sent.
enum class MailStep { Greeting, Hello, OldHello, StartTls, Login, Sender, Recipient, Message };

struct MailTalk {
  MailStep step = MailStep::Greeting;
  int socket = -1;           // libcurl's, open until the last word
  std::size_t uploaded = 0;  // bytes of the message
  std::size_t refused = 0;   // recipients
  int refused_with = 0;      // the mildest code that any recipient was refused with
  std::string recipient{};   // the last that was named
  int status = 0;            // the last code
  bool is_over = false;      // no more is heard about this mail
};

class Exchange {
 public:
  Exchange(std::uint64_t new_ticket, HttpRequest new_request, SteadyTime now);

  // Reads the URL, decides on the proxy, and refuses what must not go on the wire. nullopt = fine;
  // otherwise a sentence.
  std::optional<std::string> prepare(TargetCache& targets);
  // The host whose addresses are needed, or "" when there is nothing to look up.
  std::string host_to_resolve() const;
  // Of a host that needs no lookup: what stands in for its address.
  Addresses literal_addresses() const;
  // Sets up a handle that is in its initial state, for the first or the next of `rounds`.
  void configure(void* handle, SteadyTime now, bool prune_addresses);
  // Whether somebody's certificate is verified here.
  bool needs_authorities() const;
  // Detaches from the handle, which may be reset or closed from then on.
  void* release();

  std::size_t body_limit() const {
    return request.body_limit == 0 ? kDefaultBodyLimit : request.body_limit;
  }
  // What sentences call the other side: "example.com port 443", or the proxy.
  std::string peer() const;

  const std::uint64_t ticket;
  HttpRequest request;
  const SteadyTime started;
  const SteadyTime deadline;
  Target target;
  std::string proxy;  // chosen for this request; a secret
  Target proxy_target;
  // What is tried one after the other: of each family its first address, then its second, and so
  // on. libcurl would go through all of them by itself, but before 8.4 it loses the timer for the
  // next one. Empty when nothing was looked up.
  std::vector<Addresses> rounds;
  std::size_t round = 0;
  SteadyTime round_began{};
  bool has_next_round() const { return round + 1 < rounds.size(); }
  std::optional<SteadyTime> resolved;  // since when the addresses are there
  std::optional<SteadyTime>
      tls_started;          // libcurl tells the time of the connection only after the handshake
  TrustStore::Trust trust;  // set by the transport when needs_authorities()
  const SystemAuthorities* system = nullptr;  // set by the transport; what a proxy is judged by
  std::shared_ptr<HandshakeNote> note;
  KeptSockets* kept = nullptr;  // set by the transport
  // The kept connection that libcurl chose had something to say that nobody asked for.
  bool is_spoilt = false;
  bool must_connect = false;  // no kept connection, whatever the request says
  // Of a kept connection; less after the host has moved to other addresses.
  std::chrono::nanoseconds connection_age_max{0};
  void* easy = nullptr;

  HttpReply reply;
  MailTalk mail;  // of a request that is one; anew in each round
  std::size_t header_bytes = 0;
  std::size_t header_lines = 0;
  bool head_is_complete = false;
  bool head_too_large = false;
  bool body_too_large = false;
  bool body_is_damaged = false;   // its compression
  std::string coding_is_refused;  // a sentence: the head names a coding that is not read
  BodyDecoder decoder;
  bool handshake_buffer_is_freed = false;
  int socket_error = 0;                // why the last socket could not be opened
  std::array<char, 256> error_text{};  // CURL_ERROR_SIZE

 private:
  void set_request(void* handle);
  void set_mail(void* handle);
  bool is_encrypted() const;
  void set_limits(void* handle, SteadyTime now);
  void set_route(void* handle, const Addresses& addresses, bool prune_addresses);
  void set_tls(void* handle);
  std::string tls_identity() const;
  bool has_server_name() const { return is_encrypted() && !request.tls.server_name.empty(); }

  std::string url_;  // as libcurl gets it
  Slist headers_;
  Slist recipients_;
  Slist resolve_;
  Slist connect_to_;
};

}  // namespace modelvane
