#include "daemon/http/request_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

using Refused = std::unexpected<Reply>;

// Some paths are asked for something by it, and then the page that asks must be of this server.
constexpr std::array<std::string_view, 2> kActingMethods{"POST", "DELETE"};

// All others are dropped: what no route reads cannot do harm.
constexpr std::array<std::string_view, 8> kAllowedHeaders{
    "host",       "authorization", "accept",        "accept-encoding",
    "user-agent", "if-none-match", "last-event-id", kTokenHeader};

Refused refuse(int status, std::string_view detail) {
  return Refused{problem(status, detail)};
}

Refused refuse_method(std::string_view allowed, std::string_view detail) {
  auto reply = problem(405, detail);
  reply.headers.emplace_back("Allow", allowed);
  return Refused{std::move(reply)};
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
           c == ']';
  });
}

// The headers that decide whether a request is served, apart from those that the routes see.
struct Facts {
  std::optional<std::string> host;
  std::optional<std::string> origin;
  std::string fetch_site;
  std::optional<std::size_t> body_bytes;
  bool wants_close = false;
  bool wants_keep_alive = false;
};

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (equals_ignoring_case(trimmed(take_until(list, ",")), word)) return true;
  }
  return false;
}

// Cuts the prefix off, so that nothing behind knows of it.
std::optional<Reply> enter_site(RequestHead& head, const Site& site) {
  if (site.prefix.empty()) return std::nullopt;
  const auto path = head.path();
  if (path == "/" || path == site.prefix) return redirect(site.prefix + "/");
  if (!path.starts_with(site.prefix + "/"))
    return problem(404, fmt::format("this server's paths begin with {}/", site.prefix));
  head.target.erase(0, site.prefix.size());
  return std::nullopt;
}

std::optional<Reply> read_request_line(std::string_view line, RequestHead& head, bool& is_http_1_1,
                                       const Site& site) {
  head.method = take_until(line, " ");
  head.target = take_until(line, " ");
  if (!is_token(head.method)) return problem(400, "the request line is malformed");
  if (line != "HTTP/1.1" && line != "HTTP/1.0") {
    const bool is_other_version =
        line.starts_with("HTTP/") && line.find(' ') == std::string_view::npos;
    return problem(is_other_version ? 505 : 400,
                   "the request line must end in HTTP/1.1 or HTTP/1.0");
  }
  is_http_1_1 = line == "HTTP/1.1";
  const bool is_printable =
      std::ranges::all_of(head.target, [](char c) { return c > ' ' && c < 0x7f; });
  if (!head.target.starts_with('/') || !is_printable)
    return problem(400, "the request's target must be a path in printable ASCII");
  if (head.target.size() > kTargetBytesMax || head.path().size() > kPathBytesMax) {
    return problem(414, fmt::format("a path has at most {} bytes, with its query at most {}",
                                    kPathBytesMax, kTargetBytesMax));
  }
  return enter_site(head, site);
}

std::optional<Reply> note_fact(const std::string& name, std::string_view value, Facts& facts) {
  if (name == "transfer-encoding")
    return problem(400, "Transfer-Encoding is not supported: no path takes a body");
  if (name == "content-length") {
    std::size_t bytes = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (facts.body_bytes || value.empty() || error != std::errc{} ||
        end != value.data() + value.size()) {
      return problem(400, "Content-Length must be one number, given once");
    }
    facts.body_bytes = bytes;
  } else if (name == "host") {
    if (facts.host || !is_host(value))
      return problem(400, "Host must be one name or address, given once");
    facts.host = value;
  } else if (name == "origin") {
    if (facts.origin) return problem(400, "Origin may be given once");
    facts.origin = value;
  } else if (name == "connection") {
    facts.wants_close = facts.wants_close || lists(value, "close");
    facts.wants_keep_alive = facts.wants_keep_alive || lists(value, "keep-alive");
  } else if (name == "sec-fetch-site") {
    facts.fetch_site = value;
  }
  return std::nullopt;
}

std::optional<Reply> read_header(std::string_view line, RequestHead& head, Facts& facts) {
  const auto colon = line.find(':');
  const auto name = to_lower(line.substr(0, colon));
  if (colon == std::string_view::npos || !is_token(name))
    return problem(400, "a header line is malformed");
  const auto value = trimmed(line.substr(colon + 1));
  const auto is_forbidden = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  if (std::ranges::any_of(value, is_forbidden))
    return problem(400, "a header value holds control characters");
  if (auto refusal = note_fact(name, value, facts)) return refusal;
  if (name == "accept-encoding") head.accepts_gzip = head.accepts_gzip || accepts_gzip(value);
  if (std::ranges::find(kAllowedHeaders, name) != kAllowedHeaders.end())
    head.headers.emplace_back(name, value);
  return std::nullopt;
}

// Browsers name the page that a POST comes from. Another site's page must not be able to make a
// visitor's browser act here.
bool comes_from_elsewhere(const Facts& facts, std::string_view external_host) {
  if (!facts.origin) return facts.fetch_site == "cross-site" || facts.fetch_site == "same-site";
  const auto origin = host_of_url(*facts.origin);
  if (origin.empty()) return true;  // "null", or not an origin at all
  return !(facts.host && equals_ignoring_case(origin, *facts.host)) &&
         !equals_ignoring_case(origin, external_host);
}

bool is_acting(std::string_view method) {
  return std::ranges::find(kActingMethods, method) != kActingMethods.end();
}

std::optional<Refused> check(const RequestHead& head, const Facts& facts, bool is_http_1_1,
                             std::string_view external_host) {
  if (is_http_1_1 && !facts.host) return refuse(400, "HTTP/1.1 wants a Host header");
  if (head.method != "GET" && head.method != "HEAD" && !is_acting(head.method)) {
    return refuse_method("GET, HEAD, POST, DELETE",
                         "only GET and HEAD are served, and POST and DELETE at some paths");
  }
  if (facts.body_bytes.value_or(0) > kIgnoredBodyBytesMax) {
    return refuse(413, fmt::format("no path takes a body; one of up to {} bytes is ignored",
                                   kIgnoredBodyBytesMax));
  }
  if (is_acting(head.method) && comes_from_elsewhere(facts, external_host)) {
    return refuse(403,
                  "this request comes from a page of another site; send it without Origin, or set "
                  "--web.external-url");
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::size_t, Reply> find_head_end(std::string_view bytes, std::size_t seen) {
  for (auto i = bytes.find_first_of(std::string_view{"\n\0", 2}, seen); i < kHeadBytesMax;
       i = bytes.find_first_of(std::string_view{"\n\0", 2}, i + 1)) {
    if (bytes[i] == '\0') return refuse(400, "the request's head holds a zero byte");
    if (i == 0 || bytes[i - 1] != '\r')
      return refuse(400, "lines of a request's head end in CR LF");
    if (i >= 3 && bytes.substr(i - 3, 4) == "\r\n\r\n") return i + 1;
  }
  if (bytes.size() >= kHeadBytesMax)
    return refuse(431, fmt::format("a request's head has at most {} bytes", kHeadBytesMax));
  return 0;
}

std::expected<RequestHead, Reply> read_head(std::string_view text, const Site& site) {
  RequestHead head;
  Facts facts;
  bool is_http_1_1 = false;
  if (auto refusal = read_request_line(take_until(text, "\r\n"), head, is_http_1_1, site))
    return Refused{std::move(*refusal)};
  std::size_t lines = 0;
  while (true) {
    const auto line = take_until(text, "\r\n");
    if (line.empty()) break;
    if (++lines > kHeaderLinesMax)
      return refuse(431, fmt::format("a request has at most {} headers", kHeaderLinesMax));
    if (auto refusal = read_header(line, head, facts)) return Refused{std::move(*refusal)};
  }
  if (auto refusal = check(head, facts, is_http_1_1, site.host)) return std::move(*refusal);
  head.is_from_browser = facts.origin.has_value() || !facts.fetch_site.empty();
  head.keeps_connection = !facts.wants_close && (is_http_1_1 || facts.wants_keep_alive) &&
                          facts.body_bytes.value_or(0) == 0;
  return head;
}

std::string_view RequestHead::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view{} : found->second;
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    auto weight = take_until(accept_encoding, ",");
    const auto coding = trimmed(take_until(weight, ";"));
    if (!equals_ignoring_case(coding, "gzip") && !equals_ignoring_case(coding, "x-gzip")) continue;
    weight = trimmed(weight);
    const bool is_zero = to_lower(weight).starts_with("q=0") &&
                         weight.find_first_of("123456789", 3) == std::string_view::npos;
    return !is_zero;
  }
  return false;
}

}  // namespace modelvane
