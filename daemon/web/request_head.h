// The head of a request: found in the bytes as they come in, then read strictly and cut down to what the routes may see. Pure.
// The HTTP library behind reads heads leniently and has known holes (ranges, chunked bodies, header floods, forged REMOTE_ADDR):
// it only ever gets the text that to_text() writes. Whatever two parsers could read differently is refused: bare line feeds,
// folded lines, spaces before a colon, repeated Host or Content-Length, Transfer-Encoding.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/web/reply.h"

namespace modelvane {

// Real scrapes send 300 bytes, browsers with fat cookies for localhost 4 kB.
inline constexpr std::size_t kHeadBytesMax = 16 * 1024;
inline constexpr std::size_t kHeaderLinesMax = 64;
// The longest useful query is a filter over event types; the router behind matches paths by backtracking regular expressions.
inline constexpr std::size_t kTargetBytesMax = 4 * 1024;
inline constexpr std::size_t kPathBytesMax = 256;
// No route takes a body. A small one (`curl -d ''`, `-d reload`) is accepted and thrown away.
inline constexpr std::size_t kIgnoredBodyBytesMax = 4 * 1024;

// Where the end of the head is, searched in pieces: `seen` bytes were looked at before. 0 = more bytes are needed.
// The error is the answer to give.
std::expected<std::size_t, Reply> find_head_end(std::string_view bytes, std::size_t seen);

struct RequestHead {
  std::string method;                                        // GET, HEAD or POST
  std::string target;                                        // path and query as sent
  std::vector<std::pair<std::string, std::string>> headers;  // of the allowed ones
  bool accepts_gzip = false;

  std::string_view path() const { return std::string_view{target}.substr(0, target.find('?')); }
  // A head that the HTTP library can be given.
  std::string to_text() const;
};

// `head` ends with its empty line. `external_host` ("vane.example.com", may be empty) is also taken for this server's own name
// when the origin of a POST is checked. The error is the answer to give.
std::expected<RequestHead, Reply> read_head(std::string_view head, std::string_view external_host);

// RFC 9110 12.5.3: is "gzip" listed, and not with weight 0?
bool accepts_gzip(std::string_view accept_encoding);

// "https://vane.example.com/x" -> "vane.example.com"; "" when there is none.
std::string_view host_of_url(std::string_view url);

}  // namespace modelvane
