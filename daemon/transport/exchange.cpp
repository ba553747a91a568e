// How a request becomes libcurl options. Four choices need their reasons.
//
// Addresses come from our resolver and go in by CURLOPT_RESOLVE with a leading "+", as entries that
// may age. libcurl's cache of them is normally never swept, because a sweep walks all of it at the
// end of every transfer; one transfer in some hundred sweeps it.
//
// tls_config.server_name takes the place of the URL's host, and its prepared addresses are those of
// the original host (behind a proxy CONNECT names that one); the Host header keeps it. SNI and
// verification then use the server name. libcurl files connections under the URL's host, so two
// endpoints with one server name and different machines would share them: such requests always
// connect anew.
//
// Authorities are put into the TLS context as a store that is parsed once (TrustStore), so
// CURLOPT_CAINFO stays empty. All that libcurl still has to do is to keep connections of different
// trust apart: it compares the names of files, not what stands in them, so a kept connection would
// outlive an authority that was withdrawn and a client certificate that was renewed.
// CURLOPT_CAPATH carries an identity of both for that. Nothing is found at that path.
//
// Bodies are decompressed here and not by libcurl (body_decoder.h says why).
//
// Mail goes the same way, by libcurl's SMTP (exchange_mail.cpp).
#include "daemon/transport/exchange.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "daemon/text/ascii.h"
#include "daemon/text/token.h"
#include "daemon/transport/aws_signature.h"
#include "daemon/transport/exchange_mail.h"
#include "daemon/transport/proxy_route.h"

namespace modelvane {
namespace {

// Each request under way has a buffer, and thousands may wait for hosts that say nothing: it has
// room for a head and for what is expected, so that an answer as before comes in one piece.
constexpr std::size_t kReceiveBufferMin = 2 * 1024;
constexpr std::size_t kReceiveBufferMax = 64 * 1024;
constexpr std::size_t kUsualHead = 1024;
// Memory set aside on a server's word alone: more has to arrive first.
constexpr std::size_t kReserveMax = 256 * 1024;
constexpr long kSendBuffer =
    16 * 1024;  // libcurl's least; the usual 64 kB would stay with every idle handle
constexpr long kAddressLife = 30;  // seconds in libcurl's own cache once a sweep runs

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
}

// A line of the head comes with its end.
constexpr std::string_view kLineBlanks = " \t\r\n";

void append(Slist& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

// The values of all fields of this name, as one.
std::string joined(const HttpReply& reply, std::string_view name) {
  std::string values;
  for (const auto& [field, value] : reply.headers) {
    if (field != name) continue;
    if (!values.empty()) values += ',';
    values += value;
  }
  return values;
}

// libcurl takes the chunks apart, and any compression that Transfer-Encoding names, too, without
// a limit: such an answer ends here.
void choose_decoder(Exchange& exchange) {
  const auto transfer = joined(exchange.reply, "transfer-encoding");
  if (!transfer.empty() && !equals_ignoring_case(transfer, "chunked")) {
    exchange.coding_is_refused = kTransferCodingRefused;
    return;
  }
  const auto coding = coding_of(joined(exchange.reply, "content-encoding"));
  if (coding) {
    exchange.decoder = BodyDecoder{*coding};
  } else {
    exchange.coding_is_refused = coding.error();
  }
}

// Links may come in one field or in several, which mean the same (RFC 9110, 5.3).
void add_header(HttpHeaders& headers, std::string name, std::string value) {
  const auto first = name == "link"
                         ? std::ranges::find(headers, name, &HttpHeaders::value_type::first)
                         : headers.end();
  if (first == headers.end()) {
    headers.emplace_back(std::move(name), std::move(value));
  } else {
    first->second.append(", ").append(value);
  }
}

void take_header(Exchange& exchange, std::string_view line) {
  if (exchange.request.mail) return take_mail_reply(exchange, line);
  if (line.starts_with("HTTP/")) {  // also after an interim answer, whose fields are dropped
    exchange.reply.headers.clear();
    exchange.head_is_complete = false;
    return;
  }
  if (exchange.head_is_complete) return;  // a trailer
  auto& headers = exchange.reply.headers;
  if (line == "\r\n" || line == "\n") {
    exchange.head_is_complete = true;
    choose_decoder(exchange);
  } else if (line.starts_with(' ') || line.starts_with('\t')) {
    if (!headers.empty()) headers.back().second.append(" ").append(trimmed(line, kLineBlanks));
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    add_header(headers, to_lower(line.substr(0, colon)),
               std::string{trimmed(line.substr(colon + 1), kLineBlanks)});
  }
}

// libcurl asks OpenSSL to give its buffers back between records, but the one of the handshake
// stays: 17 kB for each kept connection. Freed once, the later ones do come and go. Refused by
// OpenSSL, and tried again, while a record is half read.
void free_handshake_buffer(Exchange& exchange) {
  if (!exchange.note || exchange.handshake_buffer_is_freed || !exchange.request.reuse_connection)
    return;
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(exchange.easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL ||
      session->internals == nullptr)
    return;
  exchange.handshake_buffer_is_freed = SSL_free_buffers(static_cast<SSL*>(session->internals)) == 1;
}

// Returning less than was offered makes libcurl end the transfer.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += size;
  if (exchange.header_bytes > kHeaderBytesMax || ++exchange.header_lines > kHeadersMax) {
    exchange.head_too_large = true;
    return 0;
  }
  take_header(exchange, {data, size});
  free_handshake_buffer(exchange);
  return exchange.coding_is_refused.empty() ? size : 0;
}

// What the server announces, as far as it is allowed; a compressed body will grow beyond it.
std::size_t expected_bytes(const Exchange& exchange) {
  curl_off_t announced = -1;
  curl_easy_getinfo(exchange.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  return announced < 0 ? 0 : std::min(static_cast<std::size_t>(announced), kReserveMax);
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string& body = exchange.reply.body;
  if (body.empty()) body.reserve(expected_bytes(exchange));
  const auto result = exchange.decoder.add({data, size}, body, exchange.body_limit());
  exchange.body_too_large = result == BodyDecoder::Result::TooLarge;
  exchange.body_is_damaged = result == BodyDecoder::Result::Damaged;
  free_handshake_buffer(exchange);
  if (result != BodyDecoder::Result::Fine) return 0;
  const auto& is_enough = exchange.request.is_enough;
  exchange.reply.is_broken_off = is_enough && is_enough(body);
  return exchange.reply.is_broken_off ? 0 : size;
}

// As libcurl would, but the reason is kept: its own report of it is lost among those of addresses
// that did not answer.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) exchange.socket_error = errno;
  exchange.mail.socket = fd;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

// Before something is sent.
int on_connected(void* user, char*, char* local_address, int, int local_port) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.is_spoilt = exchange.kept->has_unread(local_address, local_port);
  return exchange.is_spoilt ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

void drop_note(void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<HandshakeNote>*>(pointer);
}

int note_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, drop_note);
  return index;
}

std::optional<Time> expiry_of(const X509* certificate) {
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
    return std::nullopt;
  return Time{std::chrono::seconds{timegm(&parts)}};
}

void take_earliest(const STACK_OF(X509) * certificates, std::optional<Time>& earliest) {
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    const auto end = expiry_of(sk_X509_value(certificates, i));
    if (end && (!earliest || *end < *earliest)) earliest = end;
  }
}

// Listens only: the verdict is OpenSSL's.
int on_verify(int verdict, X509_STORE_CTX* context) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* held = static_cast<std::shared_ptr<HandshakeNote>*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), note_index()));
  if (held == nullptr) return verdict;
  HandshakeNote& note = **held;
  if (!note.leaf_expiry) {
    note.leaf_expiry = note.expiry = expiry_of(X509_STORE_CTX_get0_cert(context));
    take_earliest(X509_STORE_CTX_get0_untrusted(context), note.expiry);
  }
  // Certificates are told as good from the root downwards: the last one is the leaf.
  if (verdict == 1 && note.error == 0 && X509_STORE_CTX_get_error_depth(context) == 0) {
    note.expiry = note.leaf_expiry;
    take_earliest(X509_STORE_CTX_get0_chain(context), note.expiry);
  }
  if (verdict == 0 && note.error == 0) note.error = X509_STORE_CTX_get_error(context);
  return verdict;
}

CURLcode on_tls_context(CURL*, void* context, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  auto* ssl = static_cast<SSL_CTX*>(context);
  // A reply that needs a second connection (libcurl retries when a kept one has died) starts a
  // fresh note.
  exchange.note = std::make_shared<HandshakeNote>();
  exchange.tls_started = std::chrono::steady_clock::now();
  exchange.handshake_buffer_is_freed = false;
  auto held = std::make_unique<std::shared_ptr<HandshakeNote>>(exchange.note);
  if (SSL_CTX_set_ex_data(ssl, note_index(), held.get()) != 1) return CURLE_OUT_OF_MEMORY;
  static_cast<void>(held.release());
  SSL_CTX_set_verify(ssl, SSL_CTX_get_verify_mode(ssl), on_verify);
  if (exchange.trust.store) SSL_CTX_set1_cert_store(ssl, exchange.trust.store.get());
  return CURLE_OK;
}

}  // namespace

void SlistDeleter::operator()(curl_slist* list) const {
  curl_slist_free_all(list);
}

Exchange::Exchange(std::uint64_t new_ticket, HttpRequest new_request, SteadyTime now)
    : ticket(new_ticket),
      request(std::move(new_request)),
      started(now),
      deadline(now + request.timeout) {}

std::optional<std::string> Exchange::prepare(TargetCache& targets) {
  if (!is_token(request.method)) return "the request's method is not a valid HTTP token";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name))
      return "a request header's name holds characters that HTTP does not allow; see http_headers";
    if (value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) {
      return fmt::format(
          "the request header {} holds a line break or a zero byte, so it is not sent", name);
    }
  }
  if (request.aws) {
    const auto headers =
        aws_headers(request, std::chrono::floor<Duration>(std::chrono::system_clock::now()));
    if (!headers) return headers.error();
    for (const auto& [name, value] : *headers) request.set_header(name, value);
  }
  const auto& parsed = targets.of(request.url);
  if (!parsed) return parsed.error();
  target = *parsed;
  if (target.scheme.starts_with("smtp") != request.mail.has_value())
    return fmt::format("the URL's scheme is {}, which does not suit the request", target.scheme);
  url_ = request.url;
  if (request.unix_socket.empty())
    proxy = choose_proxy(request.proxy, target.scheme, target.host, target.port);
  if (!proxy.empty()) {
    auto proxy_parsed = parse_proxy_target(proxy);
    if (!proxy_parsed) return proxy_parsed.error();
    proxy_target = std::move(*proxy_parsed);
  }
  if (has_server_name()) {
    auto replaced = replace_host(request.url, request.tls.server_name);
    if (!replaced) return replaced.error();
    url_ = std::move(*replaced);
  }
  return std::nullopt;
}

std::string Exchange::host_to_resolve() const {
  if (!request.unix_socket.empty()) return "";
  const std::string& host = proxy.empty() ? target.host : proxy_target.host;
  return addresses_without_lookup(host) ? std::string{} : host;
}

Addresses Exchange::literal_addresses() const {
  if (!request.unix_socket.empty()) return {};
  return addresses_without_lookup(proxy.empty() ? target.host : proxy_target.host)
      .value_or(Addresses{});
}

std::string Exchange::peer() const {
  if (!request.unix_socket.empty()) return fmt::format("the socket {}", request.unix_socket);
  if (!proxy.empty())
    return fmt::format("the proxy {} port {}", proxy_target.host, proxy_target.port);
  return fmt::format("{} port {}", target.host, target.port);
}

void Exchange::configure(void* handle, SteadyTime now, bool prune_addresses) {
  easy = handle;
  round_began = now;
  set(handle, CURLOPT_PRIVATE, this);
  set_request(handle);
  set_limits(handle, now);
  set_route(handle, rounds.empty() ? Addresses{} : rounds[round], prune_addresses);
  if (is_encrypted() || proxy_target.scheme == "https") set_tls(handle);
}

bool Exchange::is_encrypted() const {
  return target.scheme == "https" || target.scheme == "smtps" ||
         (request.mail && request.mail->wants_starttls);
}

void* Exchange::release() {
  resolve_.reset();
  connect_to_.reset();
  headers_.reset();
  recipients_.reset();
  return std::exchange(easy, nullptr);
}

void Exchange::set_mail(void* handle) {
  mail = {};
  set(handle, CURLOPT_URL, url_.c_str());
  for (const auto& address : request.mail->to) append(recipients_, "<" + address + ">");
  set_mail_options(*this, handle, recipients_.get());
  if (request.basic_username.empty()) return;
  set(handle, CURLOPT_USERNAME, request.basic_username.c_str());
  set(handle, CURLOPT_PASSWORD, request.basic_password.c_str());
}

void Exchange::set_request(void* handle) {
  if (request.mail) return set_mail(handle);
  bool has_host = false;
  bool has_content_type = false;
  bool has_accept_encoding = false;
  for (const auto& [name, value] : request.headers) {
    append(headers_,
           value.empty() ? name + ";" : name + ": " + value);  // "name;" = sent with no value
    has_host = has_host || equals_ignoring_case(name, "host");
    has_content_type = has_content_type || equals_ignoring_case(name, "content-type");
    has_accept_encoding = has_accept_encoding || equals_ignoring_case(name, "accept-encoding");
  }
  // Said by hand: libcurl would also decode (body_decoder.h).
  if (!has_accept_encoding) append(headers_, "Accept-Encoding: gzip");
  if (has_server_name() && !has_host) append(headers_, "Host: " + authority(target));
  set(handle, CURLOPT_URL, url_.c_str());
  if (request.method == "POST" || !request.body.empty()) {
    set(handle, CURLOPT_POST, 1L);
    set(handle, CURLOPT_POSTFIELDS, request.body.data());
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    append(headers_, "Expect:");  // no pause of a second before a large body
    if (!has_content_type) append(headers_, "Content-Type:");
  }
  if (request.method == "HEAD") {
    set(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method != "POST" && request.method != "GET") {
    set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else if (request.method == "GET" && !request.body.empty()) {
    set(handle, CURLOPT_CUSTOMREQUEST, "GET");
  }
  if (headers_) set(handle, CURLOPT_HTTPHEADER, headers_.get());
  if (!request.basic_username.empty() || !request.basic_password.empty()) {
    set(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(handle, CURLOPT_USERNAME, request.basic_username.c_str());
    set(handle, CURLOPT_PASSWORD, request.basic_password.c_str());
  }
}

void Exchange::set_limits(void* handle, SteadyTime now) {
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  set(handle, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(remaining)));
  // Half of what is left, so that the others get their turn.
  if (has_next_round())
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(remaining / 2)));
  set(handle, CURLOPT_NOSIGNAL, 1L);
  // A request without a body is one packet, which nothing delays: the system call is spared.
  set(handle, CURLOPT_TCP_NODELAY, request.body.empty() ? 0L : 1L);
  set(handle, CURLOPT_QUICK_EXIT, 1L);
  set(handle, CURLOPT_PROTOCOLS_STR, request.mail ? "smtp,smtps" : "http,https");
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  const auto buffer = std::min(request.body_expected, kReceiveBufferMax) + kUsualHead;
  set(handle, CURLOPT_BUFFERSIZE,
      static_cast<long>(std::clamp(buffer, kReceiveBufferMin, kReceiveBufferMax)));
  set(handle, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  set(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(handle, CURLOPT_ERRORBUFFER, error_text.data());
  set(handle, CURLOPT_WRITEFUNCTION, &on_body);
  set(handle, CURLOPT_WRITEDATA, this);
  set(handle, CURLOPT_HEADERFUNCTION, &on_header);
  set(handle, CURLOPT_HEADERDATA, this);
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  set(handle, CURLOPT_OPENSOCKETDATA, this);
}

void Exchange::set_route(void* handle, const Addresses& addresses, bool prune_addresses) {
  set(handle, CURLOPT_PROXY, proxy.c_str());
  if (!proxy.empty()) set(handle, CURLOPT_PROXYPORT, static_cast<long>(proxy_target.port));
  set(handle, CURLOPT_NOPROXY, "");
  if (!request.unix_socket.empty())
    set(handle, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  // A proxy's password does not take part in libcurl's choice of a kept connection.
  const bool keep = request.reuse_connection && !has_server_name() && !proxy_target.has_userinfo;
  if (keep && !must_connect) {
    set(handle, CURLOPT_PREREQFUNCTION, &on_connected);
    set(handle, CURLOPT_PREREQDATA, this);
  }
  // Connections of before the host moved are not for use: libcurl tells ages in whole seconds, of
  // which 0 would mean any age.
  const auto age_max = std::chrono::floor<std::chrono::seconds>(connection_age_max);
  set(handle, CURLOPT_FRESH_CONNECT, keep && !must_connect && age_max.count() > 0 ? 0L : 1L);
  set(handle, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
  set(handle, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(age_max.count()));
  // A SOCKS proxy may leave the target's name to libcurl, whose cache must then age.
  const bool curl_resolves = proxy_target.scheme.starts_with("socks");
  set(handle, CURLOPT_DNS_CACHE_TIMEOUT, prune_addresses || curl_resolves ? kAddressLife : -1L);
  Addresses known = addresses;
  if (has_server_name() && !proxy.empty()) {
    const std::string to = target.host.contains(':') ? "[" + target.host + "]" : target.host;
    append(connect_to_, fmt::format("::{}:{}", to, target.port));
    set(handle, CURLOPT_CONNECT_TO, connect_to_.get());
  }
  const bool is_renamed = has_server_name() && proxy.empty();
  if (known.empty() && is_renamed)
    known = addresses_without_lookup(target.host).value_or(Addresses{});
  if (known.empty()) return;
  const Target& next = proxy.empty() ? target : proxy_target;
  std::string entry =
      fmt::format("+{}:{}:", is_renamed ? request.tls.server_name : next.host, next.port);
  for (const std::string& address : known) {
    if (entry.back() != ':') entry += ',';
    entry += address.find(':') == std::string::npos ? address : "[" + address + "]";
  }
  append(resolve_, entry);
  set(handle, CURLOPT_RESOLVE, resolve_.get());
}

bool Exchange::needs_authorities() const {
  return is_encrypted() && !request.tls.insecure_skip_verify;
}

// Of what a handshake rests on: whom we trust, and who we are.
std::string Exchange::tls_identity() const {
  std::string identity = fmt::format("/nonexistent/{}", trust.generation);
  for (const auto& file : {request.tls.cert_file, request.tls.key_file}) {
    if (!file.empty()) identity += "/" + file_version(file);
  }
  return identity;
}

void Exchange::set_tls(void* handle) {
  const TlsOptions& tls = request.tls;
  const bool through_tls_proxy = proxy_target.scheme == "https";
  set(handle, CURLOPT_SSLVERSION,
      static_cast<long>(tls.min_version == "TLS13" ? CURL_SSLVERSION_TLSv1_3
                                                   : CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
  set(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (!tls.cert_file.empty()) set(handle, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) set(handle, CURLOPT_SSLKEY, tls.key_file.c_str());
  set(handle, CURLOPT_CAPATH, tls_identity().c_str());
  set(handle, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  if (through_tls_proxy) {
    // The proxy's own handshake runs through the same context callback and must not see the
    // endpoint's authorities, so here libcurl does it all (and the certificate's expiry stays
    // unknown).
    const std::string folders = fmt::format("{}", fmt::join(system->folders, ":"));
    const std::string proxy_identity = "/nonexistent/" + file_version(system->bundle);
    set(handle, CURLOPT_CAINFO, tls.ca_file.empty() ? system->bundle.c_str() : tls.ca_file.c_str());
    if (tls.ca_file.empty()) set(handle, CURLOPT_CAPATH, (tls_identity() + ":" + folders).c_str());
    set(handle, CURLOPT_PROXY_CAINFO, system->bundle.c_str());
    set(handle, CURLOPT_PROXY_CAPATH, (proxy_identity + ":" + folders).c_str());
    return;
  }
  set(handle, CURLOPT_CAINFO, static_cast<char*>(nullptr));
  set(handle, CURLOPT_SSL_CTX_FUNCTION, &on_tls_context);
  set(handle, CURLOPT_SSL_CTX_DATA, this);
}

}  // namespace modelvane
