#include "daemon/engine/observe.h"

#include <fmt/format.h>

#include "daemon/core/delivery.h"

namespace modelvane {
namespace {

Reason reason_of(int status) {
  if (status == 401 || status == 403) return Reason::Auth;
  if (status == 429) return Reason::RateLimited;
  if (status >= 300 && status < 400) return Reason::Redirect;
  if (status >= 400 && status < 500) return Reason::Http4xx;
  if (status >= 500 && status < 600) return Reason::Http5xx;
  return Reason::Other;
}

// The body is not quoted: providers repeat parts of the key in their error texts.
std::string sentence_of(int status, Reason reason) {
  switch (reason) {
    case Reason::Auth: return fmt::format("the server refused the credentials with status {}", status);
    case Reason::RateLimited: return "the server asks for fewer requests (status 429)";
    case Reason::Redirect:
      return fmt::format(
          "the server redirects (status {}), and redirects are not followed so that no key leaves this host: "
          "configure the final URL",
          status);
    default: return fmt::format("the server answered with status {}", status);
  }
}

}  // namespace

std::expected<const HttpReply*, PollFailure> successful_reply(const HttpResult& result, Time now) {
  if (!result) return std::unexpected(PollFailure{.reason = result.error().reason, .sentence = result.error().sentence});
  const HttpReply& reply = *result;
  if (reply.status >= 200 && reply.status < 300) return &reply;
  const Reason reason = reason_of(reply.status);
  PollFailure failure{.reason = reason, .sentence = sentence_of(reply.status, reason)};
  // Some providers send Retry-After on every reply; it means something only here.
  if (reply.status == 429 || reply.status == 503) failure.retry_after = parse_retry_after(reply.header("retry-after"), now);
  return std::unexpected(std::move(failure));
}

}  // namespace modelvane
