#include "daemon/transport/outcome.h"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/text/ascii.h"
#include "daemon/transport/shortage.h"

namespace modelvane {
namespace {

// CURLE_TOO_LARGE by its number: the headers of Debian 12 have no name for it.
constexpr auto kTooLarge = static_cast<CURLcode>(100);

struct Verdict {
  Reason reason = Reason::Other;
  std::string sentence;
};

Duration since_start(const Exchange& exchange, SteadyTime now) {
  return std::chrono::duration_cast<Duration>(now - exchange.started);
}

Duration elapsed(CURL* easy, CURLINFO which) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, which, &microseconds);
  return Duration{microseconds};
}

template <typename Number>
Number number(CURL* easy, CURLINFO which) {
  Number value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

// To the millisecond: of a poll's time its first request gets some microseconds less.
std::string seconds(Duration span) {
  return fmt::format("{:g}s", to_seconds(std::chrono::round<std::chrono::milliseconds>(span)));
}

// libcurl's clocks are cumulative. A phase that was under way at the end gets all that was left of
// the time.
// Of the addresses that were tried before the present ones.
Duration lost_in_rounds(const Exchange& exchange) {
  if (exchange.round == 0 || !exchange.resolved) return Duration{0};
  return std::chrono::duration_cast<Duration>(exchange.round_began - *exchange.resolved);
}

Phases phases_of(const Exchange& exchange, SteadyTime now) {
  Phases phases;
  phases.resolve =
      std::chrono::duration_cast<Duration>(exchange.resolved.value_or(now) - exchange.started);
  if (exchange.host_to_resolve().empty()) phases.resolve = Duration{0};
  if (exchange.easy == nullptr) return phases;
  CURL* easy = exchange.easy;
  const Duration lookup = elapsed(easy, CURLINFO_NAMELOOKUP_TIME_T);
  const Duration connect = elapsed(easy, CURLINFO_CONNECT_TIME_T);
  const Duration tls = elapsed(easy, CURLINFO_APPCONNECT_TIME_T);
  const Duration request = elapsed(easy, CURLINFO_PRETRANSFER_TIME_T);
  const Duration first_byte = elapsed(easy, CURLINFO_STARTTRANSFER_TIME_T);
  // libcurl's own total stays zero when an exchange ends before its request.
  const Duration total = std::max(
      elapsed(easy, CURLINFO_TOTAL_TIME_T),
      request > Duration{0} ? Duration{0}
                            : std::chrono::duration_cast<Duration>(now - *exchange.resolved));
  const auto between = [](Duration from, Duration to) { return std::max(Duration{0}, to - from); };
  const Duration zero{0};
  if (request > zero) {
    phases.connect = lost_in_rounds(exchange) + between(lookup, connect);
    if (tls > zero) phases.tls = between(connect, tls);
    phases.processing = between(request, first_byte > zero ? first_byte : total);
    if (first_byte > zero) phases.transfer = between(first_byte, total);
  } else if (exchange.tls_started) {
    phases.connect = between(
        lookup, std::chrono::duration_cast<Duration>(*exchange.tls_started - *exchange.resolved));
    phases.tls = between(phases.connect, total);
  } else {
    phases.connect = between(lookup, total);
  }
  return phases;
}

std::string day(Time time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

// OpenSSL's texts look like "error:0A00042E:SSL routines::tlsv1 alert protocol version": the last
// part speaks to people.
std::string_view last_part(std::string_view text) {
  const auto cut = text.rfind("::");
  if (cut != std::string_view::npos) text.remove_prefix(cut + 2);
  if (const auto tail = text.find(", errno"); tail != std::string_view::npos)
    text = text.substr(0, tail);
  return text;
}

Verdict explain_certificate(const Exchange& exchange, std::string_view detail) {
  const HandshakeNote note = exchange.note ? *exchange.note : HandshakeNote{};
  switch (note.error) {
    case X509_V_OK:
      return {Reason::Tls, fmt::format("the server's certificate is not valid for the name {}",
                                       exchange.request.tls.server_name.empty()
                                           ? exchange.target.host
                                           : exchange.request.tls.server_name)};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      if (!note.leaf_expiry) break;
      return {
          Reason::Tls,
          fmt::format("the server's certificate, or one above it, has expired; its own end is {}",
                      day(*note.leaf_expiry))};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {Reason::Tls,
              fmt::format("the server's certificate is not signed by a trusted authority ({})",
                          X509_verify_cert_error_string(note.error))};
    default: break;
  }
  const std::string_view why =
      note.error == 0 ? last_part(detail) : X509_verify_cert_error_string(note.error);
  return {Reason::Tls, fmt::format("the server's certificate was refused: {}", why)};
}

Verdict explain_no_connection(const Exchange& exchange) {
  const auto error = number<long>(exchange.easy, CURLINFO_OS_ERRNO);
  std::string why =
      error == 0 ? "no address answered" : std::generic_category().message(static_cast<int>(error));
  if (!why.empty()) why.front() = to_lower(why.front());
  return {Reason::Connect, fmt::format("no connection to {}: {}", exchange.peer(), why)};
}

Verdict explain_too_large(const Exchange& exchange) {
  if (exchange.body_too_large) {
    return {Reason::TooLarge,
            fmt::format("the body is larger than the limit of {} bytes (after decompression)",
                        exchange.body_limit())};
  }
  return {Reason::TooLarge,
          fmt::format("the answer's headers exceed the limit of {} headers and {} bytes in all",
                      kHeadersMax, kHeaderBytesMax)};
}

Verdict explain_broken_receive(const Exchange& exchange, std::string_view detail) {
  const auto tunnel = number<long>(exchange.easy, CURLINFO_HTTP_CONNECTCODE);
  if (!exchange.proxy.empty() && tunnel >= 300) {
    return {Reason::Connect,
            fmt::format("{} refused the tunnel with status {}", exchange.peer(), tunnel)};
  }
  if (detail.find("SSL routines::") != std::string_view::npos &&
      detail.find("alert") != std::string_view::npos) {
    return {Reason::Tls, fmt::format("the server ended the TLS session: {}", last_part(detail))};
  }
  const bool malformed =
      exchange.header_bytes > 0 && detail.find("chunk") != std::string_view::npos;
  if (malformed)
    return {Reason::Other, "the answer is not valid HTTP: its chunked encoding is malformed"};
  return {Reason::Other, fmt::format("the connection to {} broke before the answer was complete",
                                     exchange.peer())};
}

Verdict explain_truncation(const Exchange& exchange) {
  const auto expected = number<curl_off_t>(exchange.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  const auto arrived = number<curl_off_t>(exchange.easy, CURLINFO_SIZE_DOWNLOAD_T);
  if (expected < 0)
    return {Reason::Other, fmt::format("the answer broke off after {} bytes of its body", arrived)};
  return {Reason::Other,
          fmt::format("the answer broke off: {} of {} bytes had arrived", arrived, expected)};
}

Verdict explain(const Exchange& exchange, CURLcode code) {
  const std::string_view detail = exchange.error_text.data();
  if (exchange.body_too_large || exchange.head_too_large) return explain_too_large(exchange);
  if (!exchange.coding_is_refused.empty()) return {Reason::Other, exchange.coding_is_refused};
  if (exchange.body_is_damaged) return {Reason::Other, "the answer's compression is damaged"};
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Reason::Dns, fmt::format("no address for host {}", exchange.target.host)};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Reason::Dns,
              fmt::format("no address for the proxy's host {}", exchange.proxy_target.host)};
    case CURLE_COULDNT_CONNECT: return explain_no_connection(exchange);
    case CURLE_PROXY:
      return {Reason::Connect, fmt::format("{} refused the connection", exchange.peer())};
    case CURLE_PEER_FAILED_VERIFICATION: return explain_certificate(exchange, detail);
    case CURLE_SSL_CONNECT_ERROR:
      return {Reason::Tls, fmt::format("the TLS handshake with {} failed: {}", exchange.peer(),
                                       last_part(detail))};
    case CURLE_USE_SSL_FAILED:
      return {Reason::Tls, fmt::format("{} offers no STARTTLS", exchange.peer())};
    case CURLE_LOGIN_DENIED:
      return {Reason::Auth, fmt::format("{} offers no way to log in", exchange.peer())};
    case CURLE_SSL_CERTPROBLEM:
      return {Reason::Tls,
              "the client certificate or its key cannot be used: check tls_config.cert_file and "
              "key_file"};
    case CURLE_SSL_CACERT_BADFILE:
      return {Reason::Tls,
              "the file of certificate authorities cannot be read: check tls_config.ca_file"};
    case CURLE_BAD_CONTENT_ENCODING: return {Reason::Other, std::string{kTransferCodingRefused}};
    case CURLE_PARTIAL_FILE: return explain_truncation(exchange);
    case CURLE_GOT_NOTHING:
      return {Reason::Other,
              fmt::format("{} closed the connection without an answer", exchange.peer())};
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return explain_broken_receive(exchange, detail);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {Reason::Other, exchange.request.mail ? "the answer is no mail server's"
                                                   : "the answer is not valid HTTP"};
    // What libcurl says of a header line beyond its own 100 kB, after which it stops reading: first
    // the one, from 8.6 on the other.
    case CURLE_OUT_OF_MEMORY:
    case kTooLarge:
      if (!exchange.head_is_complete &&
          number<curl_off_t>(exchange.easy, CURLINFO_PRETRANSFER_TIME_T) > 0) {
        return explain_too_large(exchange);
      }
      break;
    default: break;
  }
  return {Reason::Other, fmt::format("the exchange with {} failed: {}", exchange.peer(),
                                     curl_easy_strerror(code))};
}

std::optional<Shortage> shortage_behind(const Exchange& exchange, CURLcode code) {
  if (code == CURLE_OUT_OF_MEMORY && !exchange.head_too_large && exchange.header_bytes == 0)
    return shortage_of(exchange.socket_error == 0 ? ENOMEM : exchange.socket_error);
  if (code != CURLE_COULDNT_CONNECT) return std::nullopt;
  if (exchange.socket_error != 0) return shortage_of(exchange.socket_error);
  return shortage_of(static_cast<int>(number<long>(exchange.easy, CURLINFO_OS_ERRNO)));
}

std::string explain_timeout(const Exchange& exchange) {
  const std::string limit = seconds(exchange.request.timeout);
  if (exchange.easy == nullptr) {
    return fmt::format("no address for host {} within {}: the name server did not answer",
                       exchange.host_to_resolve(), limit);
  }
  if (elapsed(exchange.easy, CURLINFO_PRETRANSFER_TIME_T) == Duration{0}) {
    return fmt::format("no {} {} within {}",
                       exchange.tls_started ? "TLS handshake with" : "connection to",
                       exchange.peer(), limit);
  }
  const auto arrived =
      static_cast<std::size_t>(number<curl_off_t>(exchange.easy, CURLINFO_SIZE_DOWNLOAD_T)) +
      exchange.header_bytes;
  if (arrived == 0) return fmt::format("no answer from {} within {}", exchange.peer(), limit);
  return fmt::format("no complete answer within {}; {} bytes had arrived", limit, arrived);
}

bool has_sufficient_answer(const Exchange& exchange) {
  // The last word counts, whatever becomes of the connection after it.
  if (exchange.request.mail) return exchange.mail.is_over && exchange.mail.status != 0;
  constexpr int kFirstFinalStatus = 200;
  return exchange.request.status_suffices && exchange.easy != nullptr &&
         number<long>(exchange.easy, CURLINFO_RESPONSE_CODE) >= kFirstFinalStatus;
}

}  // namespace

bool was_not_connected(const Exchange& exchange, int curl_code) {
  return (curl_code == CURLE_COULDNT_CONNECT || curl_code == CURLE_OPERATION_TIMEDOUT) &&
         exchange.socket_error == 0 &&
         number<curl_off_t>(exchange.easy, CURLINFO_PRETRANSFER_TIME_T) == 0;
}

HttpFailure not_started(const Exchange& exchange, Reason reason, std::string sentence,
                        SteadyTime now) {
  HttpFailure failure;
  failure.reason = reason;
  failure.sentence = std::move(sentence);
  failure.total = since_start(exchange, now);
  if (reason == Reason::Dns) failure.phases = phases_of(exchange, now);
  return failure;
}

HttpResult conclude(Exchange& exchange, int curl_code, SteadyTime now) {
  auto code = static_cast<CURLcode>(curl_code);
  if (code == CURLE_OK) {
    const auto end = exchange.decoder.finish(exchange.reply.body, exchange.body_limit());
    exchange.body_is_damaged = end == BodyDecoder::Result::Damaged;
    exchange.body_too_large = end == BodyDecoder::Result::TooLarge;
    if (end != BodyDecoder::Result::Fine) code = CURLE_WRITE_ERROR;  // as on_body would end it
  }
  if (exchange.reply.is_broken_off) code = CURLE_OK;
  if (code != CURLE_OK && has_sufficient_answer(exchange)) code = CURLE_OK;
  if (code == CURLE_OPERATION_TIMEDOUT) {
    HttpFailure failure = not_started(exchange, Reason::Timeout, explain_timeout(exchange), now);
    failure.phases = phases_of(exchange, now);
    return std::unexpected(std::move(failure));
  }
  if (code != CURLE_OK) {
    HttpFailure failure;
    Verdict verdict = explain(exchange, code);
    failure.reason = verdict.reason;
    failure.sentence = std::move(verdict.sentence);
    failure.shortage = shortage_behind(exchange, code);
    if (failure.shortage) failure.sentence = remedy(*failure.shortage);
    failure.phases = phases_of(exchange, now);
    failure.total = since_start(exchange, now);
    if (exchange.note) failure.certificate_expiry = exchange.note->expiry;
    return std::unexpected(std::move(failure));
  }
  HttpReply reply = std::move(exchange.reply);
  reply.status = exchange.request.mail
                     ? exchange.mail.status
                     : static_cast<int>(number<long>(exchange.easy, CURLINFO_RESPONSE_CODE));
  reply.phases = phases_of(exchange, now);
  reply.total = since_start(exchange, now);
  if (exchange.note) reply.certificate_expiry = exchange.note->expiry;
  return reply;
}

}  // namespace modelvane
