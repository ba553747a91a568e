#include "daemon/web/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace modelvane {

Reply text_reply(int status, std::string sentence) {
  sentence += '\n';
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(sentence)};
}

Reply json_reply(std::string body) {
  body += '\n';
  return {.status = 200, .content_type = "application/json", .body = std::move(body)};
}

Reply problem(int status, std::string_view detail) {
  const nlohmann::ordered_json document{
      {"type", "about:blank"}, {"title", status_phrase(status)}, {"status", status}, {"detail", detail}};
  auto body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return {.status = status, .content_type = "application/problem+json", .body = std::move(body)};
}

std::string_view status_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

std::vector<std::pair<std::string, std::string>> common_headers(const Reply& reply) {
  auto headers = reply.headers;
  const auto is_set = [&](std::string_view name) {
    return std::ranges::any_of(reply.headers, [&](const auto& header) { return header.first == name; });
  };
  if (!is_set("Cache-Control")) headers.emplace_back("Cache-Control", "no-store");
  if (!is_set("Content-Security-Policy"))
    headers.emplace_back("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  return headers;
}

std::string to_http(const Reply& reply) {
  auto text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n", reply.status,
                          status_phrase(reply.status), reply.content_type, reply.body.size());
  for (const auto& [name, value] : common_headers(reply)) fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  return text + "\r\n" + reply.body;
}

}  // namespace modelvane
