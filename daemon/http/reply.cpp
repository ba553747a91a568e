#include "daemon/http/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "daemon/text/ascii.h"
#include "daemon/text/hash.h"

namespace modelvane {
namespace {

bool is_set(const Headers& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

// What the reply says itself comes first, then what every answer says, each name once.
Headers all_headers(const Reply& reply, const Headers& site_wide, After after) {
  Headers all;
  const auto add = [&](std::string_view name, std::string value) {
    if (!is_set(all, name)) all.emplace_back(name, std::move(value));
  };
  // RFC 9110 8.6: a 304 has no body, and the length of the one that it stands for is not worth
  // computing.
  if (reply.status != 304) {
    add("Content-Type", reply.content_type);
    if (!reply.is_endless) add("Content-Length", fmt::format("{}", reply.body.size()));
  }
  for (const auto& [name, value] : reply.headers) add(name, value);
  add("Cache-Control", "no-store");
  add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add("X-Content-Type-Options", "nosniff");
  add("Referrer-Policy", "no-referrer");
  // Clients of HTTP/1.0 want to be told, too.
  add("Connection", after == After::Kept ? "keep-alive" : "close");
  for (const auto& [name, value] : site_wide) add(name, value);
  return all;
}

// RFC 9110 13.1.2, by weak comparison: a list of tags, or "*".
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    const auto first = one.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    one = one.substr(first, one.find_last_not_of(" \t") - first + 1);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

}  // namespace

Reply text_reply(int status, std::string sentence) {
  sentence += '\n';
  return {
      .status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(sentence)};
}

Reply json_reply(std::string body) {
  body += '\n';
  return {.status = 200, .content_type = "application/json", .body = std::move(body)};
}

Reply problem(int status, std::string_view detail) {
  const nlohmann::ordered_json document{{"type", "about:blank"},
                                        {"title", status_phrase(status)},
                                        {"status", status},
                                        {"detail", detail}};
  auto body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return {.status = status, .content_type = "application/problem+json", .body = std::move(body)};
}

Reply redirect(std::string_view path) {
  auto reply = text_reply(302, fmt::format("this server's pages begin at {}", path));
  reply.headers.emplace_back("Location", path);
  return reply;
}

Reply with_tag(Reply reply, std::string_view if_none_match) {
  if (reply.status != 200) return reply;
  // Weak, because the same text may go out compressed or not.
  const auto tag = fmt::format("\"{:016x}\"", stable_hash(reply.body.view()));
  reply.headers.emplace_back("ETag", "W/" + tag);
  if (!is_set(reply.headers, "Cache-Control"))
    reply.headers.emplace_back("Cache-Control", "no-cache");
  if (names_tag(if_none_match, tag)) {
    reply.status = 304;
    reply.body = {};
  }
  return reply;
}

std::string_view status_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

std::string head_of(const Reply& reply, const Headers& site_wide, After after) {
  auto text = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, status_phrase(reply.status));
  for (const auto& [name, value] : all_headers(reply, site_wide, after))
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  return text + "\r\n";
}

}  // namespace modelvane
