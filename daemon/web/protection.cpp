#include "daemon/web/protection.h"

namespace modelvane {

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

std::optional<Refusal> Protection::refusal(const RequestHead& head, Logins& logins) const {
  if (passwords_ == nullptr) return std::nullopt;
  const auto verdict = passwords_->check(head.header("authorization"), head.peer, logins);
  if (verdict == Passwords::Verdict::Right) return std::nullopt;
  if (verdict == Passwords::Verdict::Busy)
    return Refusal{
        .reply = problem(503, "too many passwords are being checked; try again in a few seconds"),
        .cause = RefusalCause::Busy};
  const bool is_none = verdict == Passwords::Verdict::None;
  auto reply = problem(401, is_none ? "this server wants a user name and a password (HTTP Basic)"
                                    : "the user name or the password is wrong");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"modelvane\", charset=\"UTF-8\"");
  return Refusal{.reply = std::move(reply),
                 .cause = is_none ? std::nullopt : std::optional{RefusalCause::Password}};
}

}  // namespace modelvane
