// Error answers as the providers really send them.
#include "daemon/engine/observe.h"

#include <doctest/doctest.h>

#include "daemon/catalog/refusal.h"
#include "tests/unit/engine/moment.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

PollFailure failure_of(int status, std::string body = "", HttpHeaders headers = {}) {
  const HttpResult result =
      HttpReply{.status = status, .body = std::move(body), .headers = std::move(headers)};
  const auto reply = successful_reply(result, kNow);
  REQUIRE_FALSE(reply);
  return reply.error();
}

TEST_CASE("providers' error answers get the reason that they mean") {
  struct Row {
    const char* provider;
    int status;
    const char* body;
    Reason reason;
    const char* word;
  };
  const Row rows[] = {
      {"openai", 401,
       R"({"error":{"message":"Incorrect API key provided: sk-abc","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
       Reason::Auth, "invalid_api_key"},
      {"openai quota", 429,
       R"({"error":{"message":"..","type":"insufficient_quota","code":"insufficient_quota"}})",
       Reason::RateLimited, "insufficient_quota"},
      {"anthropic", 401,
       R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"r"})",
       Reason::Auth, "authentication_error"},
      {"anthropic without version", 400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"anthropic-version: header is required"}})",
       Reason::Http4xx, "invalid_request_error"},
      {"anthropic overloaded", 529,
       R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       Reason::Http5xx, "overloaded_error"},
      {"gemini bad key", 400,
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT",)"
       R"("details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
       Reason::Auth, "API_KEY_INVALID"},
      {"gemini bad page token", 400,
       R"({"error":{"code":400,"message":"bad page token","status":"INVALID_ARGUMENT"}})",
       Reason::Http4xx, "INVALID_ARGUMENT"},
      {"xai", 400,
       R"({"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***yz."})",
       Reason::Auth, "status 400"},
      {"xai other", 400, R"({"error":"no such page"})", Reason::Http4xx, "status 400"},
      {"mistral", 400,
       R"({"object":"error","message":"Invalid model","type":"invalid_model","code":"1500"})",
       Reason::Http4xx, "invalid_model"},
      {"cohere invalid token", 498, R"({"message":"invalid api token"})", Reason::Auth,
       "status 498"},
      {"openrouter", 404, R"({"error":{"code":404,"message":"gone"}})", Reason::Http4xx,
       "status 404"},
      {"litellm", 401,
       R"({"error":{"message":"Authentication Error","type":"auth_error","param":"None","code":"401"}})",
       Reason::Auth, "auth_error"},
      {"sglang", 401, R"({"error":"Unauthorized"})", Reason::Auth, "Unauthorized"},
      {"cloudflare", 520, "<html><title>520</title></html>", Reason::Http5xx, "status 520"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.provider);
    const auto failure = failure_of(row.status, row.body);
    CHECK(failure.reason == row.reason);
    CHECK(failure.sentence.find(row.word) != std::string::npos);
  }
}

TEST_CASE("no text of an error answer is quoted, for it may hold the key") {
  const auto failure = failure_of(
      401,
      R"({"error":{"message":"bad key sk-secret","type":"sk-secret","code":"sk-secret","status":"sk-secret"}})");
  CHECK(failure.sentence.find("secret") == std::string::npos);
}

TEST_CASE("hostile error bodies say nothing") {
  CHECK(read_refusal(std::string(kRefusalBytesMax + 1, '[')).word.empty());
  CHECK(read_refusal(std::string(60'000, '[')).word.empty());
  CHECK(read_refusal("{\"type\":\"api_error\"").word == "api_error");  // cut off
  CHECK(read_refusal("\xff\xfe").word.empty());
}

TEST_CASE("every form of Retry-After is understood") {
  const std::string retry_info =
      R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}]}})";
  CHECK(failure_of(429, "", {{"retry-after", "7"}}).retry_after == 7s);
  CHECK(failure_of(429, "", {{"retry-after", "0.25"}}).retry_after == 250ms);
  CHECK(failure_of(429, "", {{"retry-after", "2"}, {"retry-after-ms", "1500"}}).retry_after ==
        1500ms);
  CHECK(failure_of(429, "", {{"retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"}}).retry_after == 30s);
  CHECK(failure_of(429, "", {{"retry-after", "2m59.56s"}}).retry_after == 179'560ms);
  CHECK(failure_of(429, retry_info).retry_after == 34'070ms);
  CHECK(failure_of(429, "", {{"x-ratelimit-reset-requests", "1m2s"}}).retry_after == 62s);
  CHECK(failure_of(429, "", {{"anthropic-ratelimit-requests-reset", "2026-11-22T10:00:09Z"}})
            .retry_after == 9s);
  CHECK(failure_of(503, "", {{"retry-after", "5"}}).retry_after == 5s);
  CHECK_FALSE(failure_of(429, "", {{"retry-after", "soon"}}).retry_after);
  CHECK_FALSE(failure_of(500, "", {{"retry-after", "7"}}).retry_after);
}

TEST_CASE("after an outage a server cannot put off the next poll; after too many requests it can") {
  CHECK(longest_distance(Reason::Http5xx, 1s) == 5s);
  CHECK(longest_distance(Reason::Http5xx, 30s) == 60s);
  CHECK(longest_distance(Reason::Http5xx, 10min) == 10min);
  CHECK(longest_distance(Reason::RateLimited, 1s) == 1h);
}

TEST_CASE(
    "a date in Retry-After counts from the answer's own Date: the server's clock may differ") {
  CHECK(failure_of(429, "",
                   {{"date", "Sun, 22 Nov 2026 12:00:00 GMT"},
                    {"retry-after", "Sun, 22 Nov 2026 12:00:30 GMT"}})
            .retry_after == 30s);
}

TEST_CASE("a refusal is looked at: proxy, page for browsers, redirect") {
  const auto proxy = failure_of(407);
  CHECK(proxy.reason == Reason::Connect);
  CHECK(proxy.sentence.find("proxy") != std::string::npos);
  const auto challenge = failure_of(403, "<html>", {{"cf-mitigated", "challenge"}});
  CHECK(challenge.reason == Reason::Http4xx);
  CHECK(challenge.sentence.find("key") == std::string::npos);
  CHECK(failure_of(403, "<html>", {{"content-type", "text/html"}}).reason == Reason::Http4xx);
  CHECK(failure_of(403, "{}", {{"content-type", "application/json"}}).reason == Reason::Auth);
  const auto moved = failure_of(308, "", {{"location", "https://api.example.com/v1?key=secret"}});
  CHECK(moved.sentence.find("redirects to https://api.example.com/v1 (") != std::string::npos);
  CHECK(moved.sentence.find("secret") == std::string::npos);
}

TEST_CASE("Retry-After on a success means nothing") {
  const HttpResult result = HttpReply{.status = 200, .headers = {{"retry-after", "31"}}};
  CHECK(successful_reply(result, kNow));
}

TEST_CASE("a part of an answer is no list") {
  const HttpResult part = HttpReply{.status = 206, .body = R"({"data":[{"id":"a"}]})"};
  const auto taken = successful_reply(part, kNow);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().reason == Reason::Partial);
}

TEST_CASE("a refusal in an answer of success is one, where there is no list") {
  const auto failure = [](std::string body, Reason reason = Reason::Empty) {
    const HttpReply reply{
        .status = 200, .body = std::move(body), .headers = {{"retry-after", "31"}}};
    return no_list(reply, {reason, "/data is null"}, kNow);
  };
  const auto key = failure(R"({"code":-20033,"msg":"Token expired","data":null})");
  CHECK(key.reason == Reason::Auth);
  CHECK(key.is_refusal);
  CHECK(key.sentence.find("status 200") != std::string::npos);
  CHECK(failure(R"({"msg":"用户鉴权失败","data":null})").reason == Reason::Auth);
  CHECK(failure(R"({"error":{"type":"authentication_error"}})", Reason::BadShape).reason ==
        Reason::Auth);
  const auto limit = failure(R"({"message":"Too many requests","data":null})");
  CHECK(limit.reason == Reason::RateLimited);
  CHECK(limit.retry_after == 31s);
  CHECK(failure(R"({"data":null})").reason == Reason::Empty);
  CHECK(failure(R"({"msg":"unauthorized"})", Reason::NotJson).reason == Reason::NotJson);
}

TEST_CASE("durations of Go programs are read, and nothing else") {
  CHECK(parse_go_duration("520ms") == 520ms);
  CHECK(parse_go_duration("1h0m0s") == 1h);
  CHECK(parse_go_duration("2m59.56s") == 179'560ms);
  CHECK(parse_go_duration("1500us") == 1500us);
  for (const auto* text : {"", "5", "-1s", "1x", "s", "1s2", "9e9s", "99999999h", "nans", "infs"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_go_duration(text));
  }
}

TEST_CASE("an endpoint that refuses is polled ever more slowly, up to a bound") {
  const PollFailure busy{.reason = Reason::Http5xx, .is_refusal = true};
  CHECK(pause_after(busy, 1, 1min) == 0s);
  CHECK(pause_after(busy, kPromptRefusals, 1min) == 0s);
  CHECK(pause_after(busy, kPromptRefusals + 1, 1min) == 1min);
  CHECK(pause_after(busy, 1'000'000, 1min) == 1min);
  CHECK(pause_after(busy, 1'000'000, 1s) == 5s);
  CHECK(pause_after(busy, 1'000'000, 6h) == 6h);
  const PollFailure limited{.reason = Reason::RateLimited, .is_refusal = true};
  CHECK(pause_after(limited, 1, 1min) == 1min);
  CHECK(pause_after(limited, 2, 1min) == 2min);
  CHECK(pause_after(limited, 4, 1min) == 5min);
  CHECK(pause_after(limited, 1'000'000, 1s) == 5min);
}

}  // namespace
}  // namespace modelvane
