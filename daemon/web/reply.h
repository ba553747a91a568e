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

std::string_view status_phrase(int status);

// The headers that every answer carries: no sniffing, no framing, no referrer, nothing stored unless the reply says otherwise.
std::vector<std::pair<std::string, std::string>> common_headers(const Reply& reply);
// The whole answer in HTTP/1.1, ending the connection. For answers that are given without routing.
std::string to_http(const Reply& reply);

}  // namespace modelvane
