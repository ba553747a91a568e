#include "daemon/engine/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "daemon/catalog/refusal.h"
#include "daemon/events/delivery.h"

namespace modelvane {
namespace {

constexpr int kPartialContent = 206;
// A page of a network in between (Cloudflare, Akamai, AWS WAF...) that wants to see a browser.
bool is_challenge(const HttpReply& reply) {
  const bool says_so =
      !reply.header("cf-mitigated").empty() || reply.header("x-amzn-waf-action") == "challenge";
  return says_so || (reply.status == 403 && reply.header("content-type").starts_with("text/html"));
}

// Where to, for people: without a query, which may hold a key, and bounded.
std::string redirect_goal(const HttpReply& reply) {
  constexpr std::size_t kGoalMax = 200;
  const auto location = reply.header("location");
  const auto end = location.find_first_of("?#");
  const std::string goal{location.substr(0, std::min(end, kGoalMax))};
  const bool is_shown = !goal.empty() && goal.find('@') == std::string::npos &&
                        std::ranges::all_of(goal, [](char c) { return c > ' ' && c < '\x7f'; });
  return is_shown ? " to " + goal : "";
}

std::string sentence_of(const HttpReply& reply, Reason reason, const std::string& word) {
  const int status = reply.status;
  const std::string what =
      word.empty() ? fmt::format("status {}", status) : fmt::format("status {}, {}", status, word);
  if (status == 407)
    return fmt::format("the proxy refused its user or password ({}): look at proxy_url", what);
  if (status == 304)
    return "the server answered \"not modified\" (status 304), although nobody asked for changes";
  switch (reason) {
    case Reason::Auth:
      return fmt::format("the server refused the credentials ({}): look at the endpoint's key",
                         what);
    case Reason::RateLimited: return fmt::format("the server asks for fewer requests ({})", what);
    case Reason::Redirect:
      return fmt::format(
          "the server redirects{} ({}), and redirects are not followed so that no key leaves this "
          "host: configure the final URL",
          redirect_goal(reply), what);
    default:
      return is_challenge(reply)
                 ? fmt::format(
                       "something in front of the server ({}) answered with a page for "
                       "browsers: it may have to let this client pass",
                       what)
                 : fmt::format("the server answered with {}", what);
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

// A refusal is looked at, not guessed from its status: a page for browsers speaks of no key, and a
// proxy is not the server.
Reason reason_of(const HttpReply& reply, const RefusalBody& body) {
  if (reply.status == 407) return Reason::Connect;
  if (reply.status == 403 && is_challenge(reply)) return Reason::Http4xx;
  return reason_of_refusal(reply.status, body);
}

PollFailure refusal(const HttpReply& reply, Reason reason, const RefusalBody& body, Time now) {
  PollFailure failure{.reason = reason, .sentence = sentence_of(reply, reason, body.word)};
  failure.is_refusal = reason == Reason::Auth || reason == Reason::RateLimited ||
                       reply.status == 503 || reply.status == 529;
  // Some providers send Retry-After on every reply; it means something only here.
  if (failure.is_refusal && reason != Reason::Auth)
    failure.retry_after =
        retry_after(reply, body, parse_http_date(reply.header("date")).value_or(now));
  return failure;
}

}  // namespace

std::expected<const HttpReply*, PollFailure> successful_reply(const HttpResult& result, Time now) {
  if (!result)
    return std::unexpected(
        PollFailure{.reason = result.error().reason, .sentence = result.error().sentence});
  const HttpReply& reply = *result;
  if (reply.status == kPartialContent) {
    return std::unexpected(PollFailure{
        .reason = Reason::Partial,
        .sentence = "the server answered with a part of the list (status 206), which nobody asked "
                    "for: look at http_headers for Range, and at caches on the way"});
  }
  if (reply.status >= 200 && reply.status < 300) return &reply;
  const RefusalBody body = read_refusal(reply.body);
  return std::unexpected(refusal(reply, reason_of(reply, body), body, now));
}

PollFailure no_list(const HttpReply& reply, ReadError error, Time now) {
  PollFailure failure{.reason = error.reason, .sentence = std::move(error.sentence)};
  if (error.reason != Reason::BadShape && error.reason != Reason::Empty) return failure;
  const RefusalBody body = read_refusal(reply.body);
  if (body.speaks_of_key) return refusal(reply, Reason::Auth, body, now);
  if (body.speaks_of_limit) return refusal(reply, Reason::RateLimited, body, now);
  return failure;
}

Duration longest_distance(Reason reason, Duration interval) {
  if (reason != Reason::Http5xx) return kRetryAfterMax;
  return std::max(interval, std::min(kIntervalsAfterOutage * interval, kDistanceAfterOutage));
}

Duration pause_after(const PollFailure& failure, int refusals_in_row, Duration interval) {
  const int step =
      failure.reason == Reason::RateLimited ? refusals_in_row : refusals_in_row - kPromptRefusals;
  if (step < 1) return Duration{0};
  const Duration longest =
      std::min(std::max(interval, kLongestPause), longest_distance(failure.reason, interval));
  Duration pause = interval;
  for (int i = 1; i < step && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest);
}

}  // namespace modelvane
