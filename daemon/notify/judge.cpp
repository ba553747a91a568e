#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "daemon/notify/notify.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

// Enough for an error's text, too little for a page.
constexpr std::size_t kQuotedCharactersMax = 200;
// Only the beginning of a reply is looked at: what is masked and blank can make 200 characters of it shorter.
constexpr std::size_t kReadBytesMax = 4096;
// Words so long that have a digit, or a slash, in them may be what a proxy's error page repeats of a secret URL or key.
constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kPathBytesMin = 8;

bool is_border(char c) {
  return static_cast<unsigned char>(c) <= ' ' || std::string_view{"\"'<>(),;={}[]"}.find(c) != std::string_view::npos;
}

bool may_be_secret(std::string_view word) {
  const bool has_digit =
      std::any_of(word.begin(), word.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
  const bool has_slash = word.find('/') != std::string_view::npos;
  return (has_digit && word.size() >= kTokenBytesMin) || (has_slash && word.size() >= kPathBytesMin);
}

// Sentences reach logs, the page and the store; secrets must not.
std::string quotable(std::string_view body) {
  body = body.substr(0, kReadBytesMax);
  std::string masked;
  while (!body.empty()) {
    const auto end = static_cast<std::size_t>(std::find_if(body.begin(), body.end(), is_border) - body.begin());
    const auto word = body.substr(0, end);
    masked += may_be_secret(word) ? "[...]" : std::string{word};
    if (end < body.size()) masked += body[end];
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return plain_text(masked, kQuotedCharactersMax);
}

std::string_view meaning(int status) {
  if (status >= 300 && status < 400) return " (a redirect, not followed: put the final URL into the config)";
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
    case 415: return " (it does not take application/cloudevents+json)";
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
    case 400:
    case 413:
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
  verdict.sentence = fmt::format("the receiver answered with status {}{}", reply.status, meaning(reply.status));
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
        "the answer is longer than {} KiB, so it hardly comes from a webhook receiver: look at the URL", kReplyBytesMax / 1024);
  }
  return verdict;
}

}  // namespace

Verdict judge(const WebhookConfig& /*webhook*/, const HttpResult& result, Time now) {
  return result ? judge_reply(*result, now) : judge_failure(result.error());
}

}  // namespace modelvane
