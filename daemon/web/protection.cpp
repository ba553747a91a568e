#include "daemon/web/protection.h"

#include <fmt/format.h>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

bool has_header(std::string_view head, std::string_view name) {
  const auto line = fmt::format("\r\n{}:", name);
  return to_lower(head).find(to_lower(line)) != std::string::npos;
}

}  // namespace

std::expected<std::shared_ptr<const Protection>, std::string> Protection::make(
    const WebConfig& config) {
  std::shared_ptr<Protection> made{new Protection};
  if (config.tls) {
    auto tls = TlsContext::load(*config.tls);
    if (!tls) return std::unexpected(std::move(tls.error()));
    made->tls_ = std::move(*tls);
  }
  if (!config.users.empty()) made->passwords_ = std::make_unique<Passwords>(config.users);
  made->headers_ = config.headers;
  return made;
}

std::optional<Reply> Protection::refusal(std::string_view authorization) const {
  if (passwords_ == nullptr) return std::nullopt;
  switch (passwords_->check(authorization)) {
    case Passwords::Verdict::Right: return std::nullopt;
    case Passwords::Verdict::Busy:
      return problem(503, "too many passwords are being checked; try again in a few seconds");
    case Passwords::Verdict::Wrong: break;
  }
  auto reply = problem(401, authorization.empty()
                                ? "this server wants a user name and a password (HTTP Basic)"
                                : "the user name or the password is wrong");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"modelvane\", charset=\"UTF-8\"");
  return reply;
}

std::string Protection::with_headers(std::string http) const {
  const auto end = http.find("\r\n\r\n");
  if (headers_.empty() || end == std::string::npos) return http;
  const auto head = std::string_view{http}.substr(0, end + 2);
  std::string lines;
  for (const auto& [name, value] : headers_) {
    if (!has_header(head, name)) lines += fmt::format("{}: {}\r\n", name, value);
  }
  http.insert(end + 2, lines);
  return http;
}

}  // namespace modelvane
