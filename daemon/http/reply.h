// An answer as a value, before it becomes HTTP. Errors are RFC 9457 problem documents.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelvane {

struct Reply {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
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

enum class Body {
  Sent,
  Omitted
};  // omitted in answers to HEAD, which tell its length all the same
// The whole answer in HTTP/1.1, ending the connection. Every answer forbids sniffing, framing and
// referrers, and storing unless the reply says otherwise.
std::string to_http(const Reply& reply, Body body = Body::Sent);
// The head of an answer whose body goes on until the connection ends.
std::string to_stream_head(const Reply& reply);

}  // namespace modelvane
