// The head of a request: found in the bytes as they come in, then read strictly and cut down to
// what the routes may see. Pure. Whatever two parsers could read differently, a reverse proxy in
// front and this one for instance, is refused: bare line feeds, folded lines, spaces before a
// colon, repeated Host or Content-Length, Transfer-Encoding.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/reply.h"
#include "daemon/http/site.h"

namespace modelvane {

// Real scrapes send 300 bytes, browsers with fat cookies for localhost 4 kB.
inline constexpr std::size_t kHeadBytesMax = 16 * 1024;
inline constexpr std::size_t kHeaderLinesMax = 64;
// The longest useful query is a filter over event types.
inline constexpr std::size_t kTargetBytesMax = 4 * 1024;
inline constexpr std::size_t kPathBytesMax = 256;
// No route takes a body. A small one (`curl -d ''`, `-d reload`) is accepted and thrown away.
inline constexpr std::size_t kIgnoredBodyBytesMax = 4 * 1024;

// Where the end of the head is, searched in pieces: `seen` bytes were looked at before. 0 = more
// bytes are needed. The error is the answer to give.
std::expected<std::size_t, Reply> find_head_end(std::string_view bytes, std::size_t seen);

// Carries what only this server's own page can know.
inline constexpr std::string_view kTokenHeader = "x-modelvane-token";

struct RequestHead {
  std::string method;  // GET, HEAD, POST or DELETE
  std::string target;  // path and query as sent, without the site's prefix
  std::vector<std::pair<std::string, std::string>>
      headers;       // of the allowed ones, names in lower case
  std::string peer;  // as peer_of() tells it
  bool accepts_gzip = false;
  bool is_from_browser = false;  // it says from which page it comes
  // The client takes another answer on this connection, and what follows the head is its next
  // request: RFC 9112 9.3. Never with a body, which nobody reads.
  bool keeps_connection = false;

  std::string_view path() const { return std::string_view{target}.substr(0, target.find('?')); }
  std::string_view query() const {
    return std::string_view{target}.substr(path().size() + (path().size() < target.size() ? 1 : 0));
  }
  // The first header of that (lower-case) name, or "".
  std::string_view header(std::string_view name) const;
};

// `head` ends with its empty line. The site's host is also taken for this server's own name when
// the origin of a POST or DELETE is checked. The error is the answer to give.
std::expected<RequestHead, Reply> read_head(std::string_view head, const Site& site);

// RFC 9110 12.5.3: is "gzip" listed, and not with weight 0?
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace modelvane
