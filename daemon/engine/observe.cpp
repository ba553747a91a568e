#include "daemon/engine/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "daemon/catalog/refusal.h"
#include "daemon/events/delivery.h"

namespace modelvane {
namespace {

std::string sentence_of(int status, Reason reason, const std::string& word) {
  const std::string what =
      word.empty() ? fmt::format("status {}", status) : fmt::format("status {}, {}", status, word);
  switch (reason) {
    case Reason::Auth:
      return fmt::format("the server refused the credentials ({}): look at the endpoint's key",
                         what);
    case Reason::RateLimited: return fmt::format("the server asks for fewer requests ({})", what);
    case Reason::Redirect:
      return fmt::format(
          "the server redirects ({}), and redirects are not followed so that no key leaves this "
          "host: "
          "configure the final URL",
          what);
    default: return fmt::format("the server answered with {}", what);
  }
}

std::optional<Duration> milliseconds(std::string_view text) {
  const auto seconds = parse_retry_after(text, Time{});
  return seconds ? std::optional{*seconds / 1000} : std::nullopt;
}

// The forms in use, the most exact first. Limits that have their own windows (requests, tokens)
// count only when nothing else tells.
std::optional<Duration> retry_after(const HttpReply& reply, const RefusalBody& body, Time now) {
  if (const auto wish = milliseconds(reply.header("retry-after-ms"))) return wish;
  const auto header = reply.header("retry-after");
  if (const auto wish = parse_retry_after(header, now)) return wish;
  if (const auto wish = parse_go_duration(header)) return wish;
  if (body.retry_after) return body.retry_after;
  if (const auto wish = parse_go_duration(reply.header("x-ratelimit-reset-requests"))) return wish;
  if (const auto moment = parse_rfc3339(reply.header("anthropic-ratelimit-requests-reset"))) {
    return std::max(*moment - now, Duration{0});
  }
  return std::nullopt;
}

}  // namespace

std::expected<const HttpReply*, PollFailure> successful_reply(const HttpResult& result, Time now) {
  if (!result)
    return std::unexpected(
        PollFailure{.reason = result.error().reason, .sentence = result.error().sentence});
  const HttpReply& reply = *result;
  if (reply.status >= 200 && reply.status < 300) return &reply;
  const RefusalBody body = read_refusal(reply.body);
  const Reason reason = reason_of_refusal(reply.status, body);
  PollFailure failure{.reason = reason, .sentence = sentence_of(reply.status, reason, body.word)};
  failure.is_refusal =
      reason == Reason::Auth || reply.status == 429 || reply.status == 503 || reply.status == 529;
  // Some providers send Retry-After on every reply; it means something only here.
  if (failure.is_refusal && reason != Reason::Auth)
    failure.retry_after = retry_after(reply, body, now);
  return std::unexpected(std::move(failure));
}

Duration pause_after(const PollFailure& failure, int refusals_in_row, Duration interval) {
  const int step =
      failure.reason == Reason::RateLimited ? refusals_in_row : refusals_in_row - kPromptRefusals;
  if (step < 1) return Duration{0};
  const Duration longest = std::max(interval, kLongestPause);
  Duration pause = interval;
  for (int i = 1; i < step && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest);
}

}  // namespace modelvane
