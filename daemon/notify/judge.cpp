#include <fmt/format.h>

#include "daemon/notify/answer.h"
#include "daemon/notify/notify.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

std::string_view meaning(int status) {
  if (status >= 300 && status < 400)
    return " (a redirect, not followed: put the final URL into the config)";
  switch (status) {
    case 400:
    case 422: return " (it refuses this event)";
    case 401: return " (it wants credentials, or refuses the signature)";
    case 403: return " (forbidden: look at credentials and signing secret)";
    case 404: return " (nothing there: look at the URL)";
    case 405: return " (it takes no POST there: look at the URL)";
    case 408: return " (it waited too long for the request)";
    case 410: return " (gone: it wants no more events)";
    case 413: return " (the event is too large for it)";
    case 415: return " (it does not take this content type)";
    case 429: return " (too many requests)";
    case 502:
    case 503:
    case 504: return " (not available)";
    default: return "";
  }
}

bool is_rate_limited(const HttpReply& reply) {
  return !reply.header("retry-after").empty() || reply.header("x-ratelimit-remaining") == "0";
}

VerdictClass class_of(const HttpReply& reply) {
  const int status = reply.status;
  if (status >= 200 && status < 300) return VerdictClass::Ok;
  if (status >= 300 && status < 400) return VerdictClass::Config;
  switch (status) {
    case 410: return VerdictClass::Gone;
    case 413:  // with a time it is a lack of room, not of measure (RFC 9110, 15.5.14)
      return is_rate_limited(reply) ? VerdictClass::Busy : VerdictClass::Payload;
    case 400:
    case 415:
    case 422: return VerdictClass::Payload;
    case 403: return is_rate_limited(reply) ? VerdictClass::Busy : VerdictClass::Config;
    case 401:
    case 404:
    case 405: return VerdictClass::Config;
    default: return VerdictClass::Busy;
  }
}

Verdict judge_reply(const HttpReply& reply, Time now) {
  Verdict verdict;
  verdict.kind = class_of(reply);
  if (verdict.kind == VerdictClass::Ok) return verdict;
  verdict.retry_after = parse_retry_after(reply.header("retry-after"), now);
  verdict.throttled = reply.status == 429 || reply.status == 502 || reply.status == 504;
  verdict.sentence =
      fmt::format("the receiver answered with status {}{}", reply.status, meaning(reply.status));
  if (const auto quote = quotable(reply.body); !quote.empty()) verdict.sentence += ": " + quote;
  return verdict;
}

Verdict judge_failure(const HttpFailure& failure) {
  Verdict verdict;
  verdict.kind = VerdictClass::Busy;
  verdict.sentence = failure.sentence;
  verdict.throttled = failure.reason == Reason::Timeout;
  if (failure.reason == Reason::Tls) verdict.kind = VerdictClass::Config;
  if (failure.reason == Reason::TooLarge) {
    // Whether it took the event is unknown; quick repeats would only pour more such pages.
    verdict.kind = VerdictClass::Config;
    verdict.sentence = fmt::format(
        "the answer is longer than {} KiB, so it hardly comes from a webhook receiver: look at the "
        "URL",
        kReplyBytesMax / 1024);
  }
  return verdict;
}

}  // namespace

Verdict judge(const WebhookConfig& webhook, const HttpResult& result, Time now) {
  if (!result) return judge_failure(result.error());
  const auto rule = receiver_of(webhook.format).rule;
  auto verdict = rule != nullptr ? rule(*result) : std::nullopt;
  if (!verdict) return judge_reply(*result, now);
  if (verdict->kind != VerdictClass::Ok && !verdict->retry_after)
    verdict->retry_after = parse_retry_after(result->header("retry-after"), now);
  return *verdict;
}

}  // namespace modelvane
