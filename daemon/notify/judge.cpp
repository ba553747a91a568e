#include <fmt/format.h>

#include "daemon/events/webhook_format.h"
#include "daemon/notify/answer.h"
#include "daemon/notify/mask.h"
#include "daemon/notify/notify.h"
#include "daemon/notify/rendering.h"
#include "daemon/notify/wished_wait.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

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

// What a receiver's interface says of its own refusals is JSON, text or nothing. A page comes from
// a proxy or a firewall, and is no word about the event.
bool is_page(const HttpReply& reply) {
  if (starts_with_ignoring_case(reply.header("content-type"), "text/html")) return true;
  const auto body = trimmed(reply.body, " \t\r\n");
  return starts_with_ignoring_case(body, "<!doctype html") ||
         starts_with_ignoring_case(body, "<html");
}

VerdictClass class_of(const HttpReply& reply, bool is_gone_at_410) {
  const int status = reply.status;
  if (is_success(reply)) return VerdictClass::Ok;
  if (status >= 300 && status < 400) return VerdictClass::Config;
  switch (status) {
    case 410: return is_gone_at_410 ? VerdictClass::Gone : VerdictClass::Config;
    case 413:  // with a time it is a lack of room, not of measure (RFC 9110, 15.5.14)
      return is_rate_limited(reply) ? VerdictClass::Busy : VerdictClass::Payload;
    case 400:
    case 415:
    case 422: return is_page(reply) ? VerdictClass::Config : VerdictClass::Payload;
    case 403: return is_rate_limited(reply) ? VerdictClass::Busy : VerdictClass::Config;
    case 401:
    case 404:
    case 405: return VerdictClass::Config;
    default: return VerdictClass::Busy;
  }
}

Verdict judge_reply(const HttpReply& reply, bool is_gone_at_410) {
  Verdict verdict;
  verdict.kind = class_of(reply, is_gone_at_410);
  if (verdict.kind == VerdictClass::Ok) return verdict;
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
  if (failure.reason == Reason::Tls || failure.reason == Reason::Auth)
    verdict.kind = VerdictClass::Config;
  return verdict;
}

// A vendor's format says in its own way that it wants no more; 410 at its URL is a proxy's.
bool ends_at_410(const WebhookConfig& webhook) {
  const auto* format = find_format(webhook.format);
  return format != nullptr && format->signing == SigningKind::StandardWebhooks;
}

Verdict read(const WebhookConfig& webhook, const HttpReply& reply) {
  const auto& receiver = receiver_of(webhook.format);
  const auto ruling = receiver.rule_of_user != nullptr ? receiver.rule_of_user(webhook, reply)
                      : receiver.rule != nullptr       ? receiver.rule(reply)
                                                       : std::nullopt;
  return ruling ? *ruling : judge_reply(reply, ends_at_410(webhook));
}

// A secret may be a word of the receiver's own, so the answer is read as it came and shown masked.
std::string shown(const WebhookConfig& webhook, const HttpReply& reply, const Mask& mask,
                  VerdictClass kind) {
  HttpReply masked = reply;
  masked.body = mask.with(reply.bearer).apply(std::move(masked.body));
  const auto verdict = read(webhook, masked);
  if (verdict.kind == kind) return verdict.sentence;
  const auto quote = quotable(masked.body);
  return fmt::format("the receiver answered with status {}{}{}", reply.status,
                     quote.empty() ? "" : ": ", quote);
}

}  // namespace

Verdict judge(const WebhookConfig& webhook, const HttpResult& result, const Mask& mask, Time now) {
  if (!result) {
    auto verdict = judge_failure(result.error());
    verdict.sentence = mask.apply(std::move(verdict.sentence));
    return verdict;
  }
  const HttpReply& reply = *result;
  auto verdict = read(webhook, reply);
  if (!verdict.sentence.empty()) verdict.sentence = shown(webhook, reply, mask, verdict.kind);
  if (verdict.kind == VerdictClass::Ok) return verdict;
  verdict.is_limit = verdict.is_limit || reply.status == kTooManyRequests;
  if (!verdict.retry_after) verdict.retry_after = wait_at(webhook.body.retry_after, reply, now);
  if (!verdict.retry_after) verdict.retry_after = wished_wait(reply, now);
  return verdict;
}

}  // namespace modelvane
