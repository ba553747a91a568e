#include <doctest/doctest.h>

#include <vector>

#include "daemon/notify/notify.h"
#include "tests/unit/notify/samples.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const Time kAnsweredAt = *parse_rfc3339("2026-11-22T10:00:00Z");

Verdict answer(int status, HttpHeaders headers = {}, std::string body = "") {
  HttpReply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.body = std::move(body);
  return judge(WebhookConfig{}, reply, Mask{}, kAnsweredAt);
}

Verdict failure(Reason reason) {
  return judge(WebhookConfig{},
               std::unexpected(HttpFailure{.reason = reason, .sentence = "what went wrong"}),
               Mask{}, kAnsweredAt);
}

}  // namespace

TEST_CASE("each status has its class, and only gateways and limiters ask for air") {
  struct Row {
    int status;
    VerdictClass kind;
    bool throttled = false;
  };
  const std::vector<Row> rows{
      {200, VerdictClass::Ok},         {201, VerdictClass::Ok},
      {202, VerdictClass::Ok},         {204, VerdictClass::Ok},
      {299, VerdictClass::Ok},         {301, VerdictClass::Config},
      {302, VerdictClass::Config},     {304, VerdictClass::Config},
      {307, VerdictClass::Config},     {308, VerdictClass::Config},
      {400, VerdictClass::Payload},    {401, VerdictClass::Config},
      {402, VerdictClass::Busy},       {403, VerdictClass::Config},
      {404, VerdictClass::Config},     {405, VerdictClass::Config},
      {408, VerdictClass::Busy},       {409, VerdictClass::Busy},
      {410, VerdictClass::Gone},       {413, VerdictClass::Payload},
      {415, VerdictClass::Payload},    {418, VerdictClass::Busy},
      {422, VerdictClass::Payload},    {425, VerdictClass::Busy},
      {429, VerdictClass::Busy, true}, {451, VerdictClass::Busy},
      {500, VerdictClass::Busy},       {501, VerdictClass::Busy},
      {502, VerdictClass::Busy, true}, {503, VerdictClass::Busy},
      {504, VerdictClass::Busy, true}, {599, VerdictClass::Busy},
      {101, VerdictClass::Busy},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    const Verdict verdict = answer(row.status);
    CHECK(verdict.kind == row.kind);
    CHECK(verdict.throttled == row.throttled);
    CHECK(verdict.sentence.empty() == (row.kind == VerdictClass::Ok));
  }
}

TEST_CASE("a 403 of a rate limiter is busy") {
  CHECK(answer(403, {{"retry-after", "30"}}).kind == VerdictClass::Busy);
  CHECK(answer(403, {{"x-ratelimit-remaining", "0"}}).kind == VerdictClass::Busy);
  CHECK(answer(403, {{"x-ratelimit-remaining", "10"}}).kind == VerdictClass::Config);
}

TEST_CASE("Retry-After counts on failures only, as seconds or as a date") {
  CHECK(answer(503, {{"retry-after", "120"}}).retry_after == 120s);
  CHECK(answer(429, {{"retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"}}).retry_after == 30s);
  CHECK_FALSE(answer(503, {{"retry-after", "soon"}}).retry_after.has_value());
  CHECK_FALSE(answer(503).retry_after.has_value());
  CHECK_FALSE(answer(200, {{"retry-after", "120"}}).retry_after.has_value());
}

TEST_CASE("what never got an answer is busy, but for TLS, which needs an operator") {
  CHECK(failure(Reason::Dns).kind == VerdictClass::Busy);
  CHECK(failure(Reason::Connect).kind == VerdictClass::Busy);
  CHECK(failure(Reason::Timeout).kind == VerdictClass::Busy);
  CHECK(failure(Reason::Timeout).throttled);
  CHECK_FALSE(failure(Reason::Connect).throttled);
  CHECK(failure(Reason::Other).kind == VerdictClass::Busy);
  CHECK(failure(Reason::Tls).kind == VerdictClass::Config);
  CHECK(failure(Reason::Tls).sentence == "what went wrong");
}

TEST_CASE("dates of all three kinds and the headers of limiters are times, too") {
  CHECK(answer(503, {{"retry-after", "Sun Nov 22 10:00:30 2026"}}).retry_after == 30s);
  CHECK(answer(503, {{"retry-after", "Sunday, 22-Nov-26 10:00:30 GMT"}}).retry_after == 30s);
  CHECK(answer(429, {{"x-ratelimit-reset", "1795341645"}}).retry_after == 45s);
  CHECK(answer(429, {{"x-ratelimit-reset", "45"}}).retry_after == 45s);
  CHECK(answer(429, {{"x-ratelimit-reset-after", "1.5"}}).retry_after == 1500ms);
  CHECK(answer(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "9"}}).retry_after ==
        9s);
  CHECK_FALSE(answer(503, {{"x-ratelimit-reset", "45"}}).retry_after.has_value());
  CHECK(answer(429, {}, R"({"ok":false,"parameters":{"retry_after":7}})").retry_after == 7s);
  CHECK(answer(429, {}, R"({"retry_after":1.25})").retry_after == 1250ms);
  CHECK_FALSE(answer(429, {}, R"({"retry_after":"soon"})").retry_after.has_value());
  CHECK(answer(429, {{"x-ratelimit-reset", "1795341645000"}}).retry_after == 45s);
  CHECK(answer(429, {{"retry-after-ms", "1500"}}).retry_after == 1500ms);
  CHECK(answer(429, {{"ratelimit", "limit=10, remaining=0, reset=6"}}).retry_after == 6s);
  CHECK(answer(429, {{"ratelimit", R"("default";r=0;t=6)"}}).retry_after == 6s);
  CHECK_FALSE(answer(429, {{"ratelimit", R"("default";r=0)"}}).retry_after.has_value());
  CHECK(answer(429, {},
               R"({"error":{"details":[{"reason":"x"},{"@type":"type.googleapis.com/)"
               R"(google.rpc.RetryInfo","retryDelay":"6.5s"}]}})")
            .retry_after == 6500ms);
}

TEST_CASE("each form of a wish for rest is read, and an absurd one is none or bounded") {
  struct Row {
    HttpHeaders headers;
    std::string body;
    std::optional<Duration> wish;
  };
  const Duration most = 24h;
  const auto in_header = [](std::string value, std::optional<Duration> wish) {
    return Row{{{"retry-after", std::move(value)}}, "", wish};
  };
  const std::vector<Row> rows{
      in_header("0", 0s),
      in_header("1.5", 1500ms),
      in_header("120s", 120s),
      in_header("1m30s", 90s),
      in_header("500ms", 500ms),
      in_header("2026-11-22T10:00:30Z", 30s),
      in_header("2026-11-22T12:00:30.500+02:00", 30500ms),
      in_header("2026-11-22T09:00:00Z", 0s),
      in_header("Sunday, 22-Nov-26 10:00:30 GMT", 30s),
      in_header("Sun Nov 22 10:00:30 2026", 30s),
      in_header("1795341630", 30s),
      in_header("1795341630000", 30s),
      in_header("Sat, 01 Jan 2050 00:00:00 GMT", most),
      in_header("123456789", most),
      in_header("99999999999999999999", most),
      in_header(std::string(400, '9'), most),
      in_header("-5", std::nullopt),
      in_header("1e99", std::nullopt),
      in_header("inf", std::nullopt),
      in_header("nan", std::nullopt),
      in_header("-" + std::string(400, '9'), std::nullopt),
      in_header("a while", std::nullopt),
      in_header("", std::nullopt),
      {{{"retry-after-ms", "1500"}}, "", 1500ms},
      {{{"retry-after-ms", "-1"}}, "", std::nullopt},
      {{{"retry-after", "1"}, {"retry-after-ms", "700"}}, "", 1s},
      {{{"x-ratelimit-reset", "45"}}, "", 45s},
      {{{"x-ratelimit-reset", "1795341645"}}, "", 45s},
      {{{"x-ratelimit-reset", "1795341645000"}}, "", 45s},
      {{{"x-ratelimit-reset", "1795341000"}}, "", 0s},
      {{{"x-ratelimit-reset", "2026-11-22T10:00:45Z"}}, "", 45s},
      {{{"x-ratelimit-reset", "1m30s"}}, "", 90s},
      {{{"x-ratelimit-reset", "-3"}}, "", std::nullopt},
      {{{"x-ratelimit-reset-after", "2.5"}, {"x-ratelimit-reset", "1795341645"}}, "", 2500ms},
      {{}, R"({"retry_after":7})", 7s},
      {{}, R"({"retryAfter":"7"})", 7s},
      {{}, R"({"retry_after":"7s"})", 7s},
      {{}, R"({"parameters":{"retry_after":7}})", 7s},
      {{}, R"({"error":{"retry_after":7}})", 7s},
      {{}, R"({"error":{"retryAfter":1.5}})", 1500ms},
      {{}, R"({"error":"slow down","retryAfterMs":1500})", 1500ms},
      {{}, R"({"rate_limit":{"remaining":0,"retry_after":"2026-11-22T10:00:45Z"}})", 45s},
      {{}, R"({"retry_after":1e300})", most},
      {{}, R"({"retry_after":-7})", std::nullopt},
      {{}, R"({"retry_after":"soon"})", std::nullopt},
      {{}, R"({"retry_after":null})", std::nullopt},
      {{}, R"({"retry_after":{"seconds":7}})", std::nullopt},
      {{}, R"([{"retry_after":7}])", std::nullopt},
      {{}, "retry_after: 7", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    if (!row.headers.empty()) CAPTURE(row.headers.front().second);
    CHECK(answer(429, row.headers, row.body).retry_after == row.wish);
  }
}

TEST_CASE("a receiver without room says when it has some, and the event is not to blame") {
  CHECK(answer(413, {}, R"({"retry_after":7})").kind == VerdictClass::Busy);
  CHECK(answer(403, {}, R"({"error":{"retryAfter":7}})").kind == VerdictClass::Busy);
  CHECK(answer(503, {}, R"({"error":{"retryAfter":7}})").retry_after == 7s);
  CHECK(answer(503, {{"retry-after-ms", "300"}}).retry_after == 300ms);
}

TEST_CASE("a page of a proxy is no word about the event") {
  const HttpHeaders page{{"content-type", "text/html; charset=utf-8"}};
  CHECK(answer(400, page).kind == VerdictClass::Config);
  CHECK(answer(422, page).kind == VerdictClass::Config);
  CHECK(answer(400, {{"content-type", "Text/HTML"}}).kind == VerdictClass::Config);
  CHECK(answer(400, {}, "\n<!DOCTYPE html><title>400 Bad Request</title>").kind ==
        VerdictClass::Config);
  CHECK(answer(415, {}, "<html><body>Sign in to this network").kind == VerdictClass::Config);
  CHECK(answer(400, {{"content-type", "application/json"}}).kind == VerdictClass::Payload);
}

TEST_CASE("what a receiver repeats of any secret is masked by its value") {
  WebhookConfig webhook;
  webhook.url = {SecretRef::From::Inline, "https://hooks.example.com/T0/correct-horse-battery"};
  webhook.vendor_secret = {SecretRef::From::Inline, "routing-key"};
  webhook.access.authorization =
      Authorization{.type = "Bearer", .credentials = {SecretRef::From::Inline, "staple"}};
  webhook.access.basic_auth =
      BasicAuth{.username = "me", .password = {SecretRef::From::Inline, "Tr0ub/4dor"}};
  webhook.access.http_headers = {{"X-Key", {SecretRef::From::Inline, "tenant-of-acme"}}};
  webhook.access.proxy.url = "http://user:proxy-word@proxy:3128";
  HttpReply reply;
  reply.status = 401;
  reply.body =
      "correct-horse-battery routing-key Bearer staple bWU6VHIwdWIvNGRvcg== Tr0ub%2F4dor "
      "tenant-of-acme proxy-word";
  const auto verdict = judge(webhook, reply, Mask{webhook}, kAnsweredAt);
  CHECK(verdict.sentence.ends_with(": [...] [...] Bearer [...] [...] [...] [...] [...]"));
}

TEST_CASE("the sentence says what to look at and quotes the reply's beginning") {
  CHECK(answer(404, {}, "no such\r\n  hook").sentence ==
        "the receiver answered with status 404 (nothing there: look at the URL): no such hook");
  CHECK(answer(500).sentence == "the receiver answered with status 500");
  CHECK(answer(307).sentence.find("not followed") != std::string::npos);
  const auto cut = answer(500, {}, std::string(100'000, 'x')).sentence;
  CHECK(cut == "the receiver answered with status 500: " + std::string(199, 'x') + "…");
}

TEST_CASE("control characters of a reply reach no terminal") {
  CHECK(answer(500, {}, "\x1B[2Jgone\x07").sentence ==
        "the receiver answered with status 500: ?[2Jgone?");
}

TEST_CASE("the keys of AWS are masked like every other secret, and a changed one is another way") {
  WebhookConfig webhook;
  webhook.access.sigv4 = SigV4{.region = "eu-central-1",
                               .service = "execute-api",
                               .access_key = {SecretRef::From::Inline, "AKIDEXAMPLE"},
                               .secret_key = {SecretRef::From::Inline, "wJalrXUtnFEMI"}};
  CHECK(Mask{webhook}.apply("refused AKIDEXAMPLE with wJalrXUtnFEMI") ==
        "refused [...] with [...]");
  auto rotated = webhook;
  rotated.access.sigv4->secret_key.where = "another-key";
  CHECK(identity_of(rotated) != identity_of(webhook));
}

TEST_CASE("a mail server's login is masked in each form that it is sent in") {
  auto webhook = samples::webhook("email");
  webhook.email.username = "vane";
  webhook.vendor_secret = {SecretRef::From::Inline, "mail-password"};
  CHECK(
      Mask{webhook}.apply("535 AHZhbmUAbWFpbC1wYXNzd29yZA== bWFpbC1wYXNzd29yZA== mail-password") ==
      "535 [...] [...] [...]");
  auto open = webhook;
  open.email.wants_starttls = !webhook.email.wants_starttls;
  CHECK(identity_of(open) != identity_of(webhook));
}

TEST_CASE(
    "a mail server that has no more time slows the mails down, and others' trouble does not") {
  const auto webhook = samples::webhook("email");
  HttpReply reply;
  reply.status = 421;
  reply.body = "421 4.7.0 too many mails";
  auto verdict = judge(webhook, reply, Mask{webhook}, kAnsweredAt);
  CHECK(verdict.kind == VerdictClass::Busy);
  CHECK(verdict.is_limit);
  reply.status = 550;
  reply.headers = {{std::string{kMailRefusedAt}, "message"}};
  verdict = judge(webhook, reply, Mask{webhook}, kAnsweredAt);
  CHECK(verdict.kind == VerdictClass::Busy);
  CHECK_FALSE(verdict.is_limit);
}

TEST_CASE("a token is masked like every other secret") {
  const auto webhook = samples::webhook("slack");
  HttpReply reply;
  reply.status = 403;
  reply.bearer = "abcdefgh";
  reply.body = "not abcdefgh";
  const auto verdict = judge(webhook, reply, Mask{webhook}, kAnsweredAt);
  CHECK(verdict.sentence.ends_with("not [...]"));
}

TEST_CASE("what a reply may repeat of a secret URL or key is masked") {
  CHECK(answer(404, {}, "<p>The requested URL /services/T000/B000/Zm9v was not found</p>")
            .sentence.find("Zm9v") == std::string::npos);
  CHECK(
      answer(401, {}, R"({"error":"bad key","key":"sk-1234567890abcdef"})").sentence ==
      R"(the receiver answered with status 401 (it wants credentials, or refuses the signature): {"error":"bad key","key":"[...]"})");
  CHECK(answer(400, {}, "invalid_payload_structure")
            .sentence.ends_with(": invalid_payload_structure"));
}
