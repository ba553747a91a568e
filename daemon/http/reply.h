// An answer as a value, before it becomes HTTP. Errors are RFC 9457 problem documents.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/shared_text.h"

namespace modelvane {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Reply {
  int status = 200;
  std::string content_type;
  SharedText body;
  Headers headers;
  bool is_endless = false;  // the body goes on until the connection ends
};

Reply text_reply(int status, std::string sentence);
Reply json_reply(std::string body);
// application/problem+json; `detail` says what is wrong and what would be right.
Reply problem(int status, std::string_view detail);
// To another place on this server.
Reply redirect(std::string_view path);

// Gives a good reply an entity tag made from its body; when `if_none_match` (the header's value,
// may be empty) names that tag, what comes back is a 304 without the body.
Reply with_tag(Reply reply, std::string_view if_none_match);

std::string_view status_phrase(int status);

// What comes of the connection after an answer.
enum class After { Closed, Kept };

// The head of the answer in HTTP/1.1; the body follows as it is. Every answer forbids sniffing,
// framing and referrers, and storing unless the reply says otherwise. `site_wide`: of every answer
// that does not set them itself.
std::string head_of(const Reply& reply, const Headers& site_wide, After after = After::Closed);

}  // namespace modelvane
