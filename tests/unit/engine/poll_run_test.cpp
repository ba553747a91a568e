// A poll of several requests against a server that is a function, without a network and without a
// clock.
#include "daemon/engine/poll_run.h"

#include <doctest/doctest.h>

#include <functional>
#include "tests/unit/engine/moment.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

HttpReply ok(std::string body, HttpHeaders headers = {}) {
  return {.status = 200, .body = std::move(body), .headers = std::move(headers)};
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

struct Poll {
  EndpointConfig endpoint;
  PollMemory memory;
  QuestionScope scope{.may_echo = true};
  std::function<HttpResult(const HttpRequest&)> server;
  std::vector<HttpRequest> requests;
  Time now = kNow;
  Duration steady{0};
  Duration latency = 100ms;

  Poll() {
    endpoint.url = "http://api/v1/models";
    endpoint.reading.edit().rules = {AliasRule{.kind = Rule::Field, .pointer = "/ref_model"}};
  }
  PollResult run() {
    requests.clear();
    PollRun run{endpoint, memory, scope, steady};
    while (auto request = run.next(now, steady)) {
      requests.push_back(*request);
      const HttpResult result = request->timeout < latency
                                    ? std::unexpected(HttpFailure{.reason = Reason::Timeout,
                                                                  .sentence = "no complete answer"})
                                    : server(*request);
      steady += std::min(latency, request->timeout);
      now += std::min(latency, request->timeout);
      run.take(result, now);
    }
    auto result = run.finish();
    if (result.echo) scope.echo = *result.echo;
    return result;
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (const auto& request : requests) all.push_back(request.url);
    return all;
  }
};

Poll paged_poll() {
  Poll poll;
  poll.endpoint.reading.edit().shape.pagination = {
      .kind = Pagination::Kind::Token, .next = "/next", .query = "page"};
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (request.url.ends_with("page=b")) return ok(R"({"data":[{"id":"m3"}],"next":"c"})");
    if (request.url.ends_with("page=c")) return ok(R"({"data":[{"id":"m4"}]})");
    return ok(R"({"data":[{"id":"m1"},{"id":"m2"}],"next":"b"})");
  };
  return poll;
}

TEST_CASE("all pages together are the list") {
  Poll poll = paged_poll();
  const auto result = poll.run();
  REQUIRE(result.catalog);
  CHECK((*result.catalog)->ids == IdList{"m1", "m2", "m3", "m4"});
  CHECK(poll.urls() == std::vector<std::string>{"http://api/v1/models",
                                                "http://api/v1/models?page=b",
                                                "http://api/v1/models?page=c"});
  CHECK(result.requests == 3);
}

TEST_CASE("an unchanged list of several pages stays the same object") {
  Poll poll = paged_poll();
  const auto first = poll.run();
  const auto second = poll.run();
  CHECK(*first.catalog == *second.catalog);
}

TEST_CASE("a page that fails fails the poll: half a list would look like removed models") {
  Poll poll = paged_poll();
  const auto whole = poll.server;
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (!request.url.ends_with("page=c")) return whole(request);
    return HttpReply{.status = 429, .headers = {{"retry-after", "9"}}};
  };
  const auto result = poll.run();
  REQUIRE_FALSE(result.catalog);
  CHECK(result.catalog.error().reason == Reason::Partial);
  CHECK(result.catalog.error().sentence.find("page 3") != std::string::npos);
  CHECK(result.catalog.error().retry_after == 9s);
}

TEST_CASE("a first page that fails keeps its own reason") {
  Poll poll = paged_poll();
  poll.server = [](const HttpRequest&) -> HttpResult { return HttpReply{.status = 401}; };
  CHECK(poll.run().catalog.error().reason == Reason::Auth);
}

TEST_CASE("pages that lead in a circle end the poll") {
  Poll poll = paged_poll();
  poll.server = [](const HttpRequest&) -> HttpResult {
    return ok(R"({"data":[{"id":"m1"}],"next":"b"})");
  };
  const auto result = poll.run();
  REQUIRE_FALSE(result.catalog);
  CHECK(result.catalog.error().reason == Reason::Partial);
  CHECK(poll.requests.size() == 2);
}

TEST_CASE("all pages share one deadline and one limit of bytes") {
  Poll poll = paged_poll();
  poll.latency = 4s;
  const auto late = poll.run();
  CHECK(late.catalog.error().reason == Reason::Partial);
  REQUIRE(poll.requests.size() == 3);
  CHECK(poll.requests[0].timeout == 10s);
  CHECK(poll.requests[2].timeout == 2s);
  CHECK(poll.requests[1].body_limit ==
        poll.endpoint.body_limit -
            std::string{R"({"data":[{"id":"m1"},{"id":"m2"}],"next":"b"})"}.size());
}

TEST_CASE(
    "a server that gave validators is asked whether the list has changed, and its 304 is a good "
    "poll") {
  Poll poll;
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (header_of(request, "If-None-Match") == "\"v1\"") return HttpReply{.status = 304};
    return ok(R"({"data":[{"id":"m1"}]})",
              {{"etag", "\"v1\""}, {"last-modified", "Sun, 22 Nov 2026 09:00:00 GMT"}});
  };
  const auto first = poll.run();
  const auto second = poll.run();
  REQUIRE(second.catalog);
  CHECK(*second.catalog == *first.catalog);
  CHECK(second.status == 304);
  CHECK(header_of(poll.requests[0], "If-Modified-Since") == "Sun, 22 Nov 2026 09:00:00 GMT");
  poll.memory = {};  // a changed configuration
  CHECK(poll.run().status == 200);
}

TEST_CASE("a validator is believed for a while only: the list is read whole again and again") {
  Poll poll;
  std::string body = R"({"data":[{"id":"m1"}]})";
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (!header_of(request, "If-None-Match").empty()) return HttpReply{.status = 304};
    return ok(body, {{"etag", "\"always the same\""}});
  };
  CHECK(poll.run().status == 200);
  body = R"({"data":[{"id":"m2"}]})";
  SUBCASE("after so many answers 304 in a row") {
    for (int i = 0; i < kUnchangedInRowMax; ++i) CHECK(poll.run().status == 304);
  }
  SUBCASE("after `reread`") {
    CHECK(poll.run().status == 304);
    poll.steady += poll.endpoint.reread;
  }
  const auto whole = poll.run();
  CHECK(whole.status == 200);
  CHECK((*whole.catalog)->has("m2"));
  CHECK(poll.run().status == 304);
}

TEST_CASE("a Last-Modified without an ETag is no ground to ask for changes") {
  Poll poll;
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (!header_of(request, "If-Modified-Since").empty()) return HttpReply{.status = 304};
    return ok(R"({"data":[{"id":"m1"}]})", {{"last-modified", "Thu, 01 Jan 1970 00:00:01 GMT"}});
  };
  CHECK(poll.run().status == 200);
  CHECK(poll.run().status == 200);
}

TEST_CASE("a user's own headers take the place of ours, whatever their case") {
  Poll poll;
  poll.endpoint.access.edit().http_headers = {
      {"user-agent", SecretRef{SecretRef::From::Inline, "acme/1"}},
      {"ACCEPT", SecretRef{SecretRef::From::Inline, "text/plain"}}};
  poll.server = [](const HttpRequest&) -> HttpResult { return ok(R"({"data":[{"id":"a"}]})"); };
  poll.run();
  CHECK(poll.requests[0].headers ==
        HttpHeaders{{"user-agent", "acme/1"}, {"ACCEPT", "text/plain"}});
}

TEST_CASE(
    "a list that has just changed is read whole again: it may change once more under the same "
    "validators") {
  Poll poll;
  std::string date = "Sun, 22 Nov 2026 09:00:59 GMT";
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (!header_of(request, "If-None-Match").empty()) return HttpReply{.status = 304};
    return ok(R"({"data":[{"id":"m1"}]})", {{"etag", "\"6921-2a\""},
                                            {"last-modified", "Sun, 22 Nov 2026 09:00:00 GMT"},
                                            {"date", date}});
  };
  CHECK(poll.run().status == 200);
  CHECK(poll.run().status == 200);
  date = "Sun, 22 Nov 2026 09:01:00 GMT";
  CHECK(poll.run().status == 200);
  CHECK(poll.run().status == 304);
}

TEST_CASE("a 304 that nobody asked for is a failed poll") {
  Poll poll;
  poll.server = [](const HttpRequest&) -> HttpResult { return HttpReply{.status = 304}; };
  const auto result = poll.run();
  REQUIRE_FALSE(result.catalog);
  CHECK(result.catalog.error().reason == Reason::Redirect);
}

TEST_CASE("an unchanged body is not parsed again") {
  Poll poll;
  poll.server = [](const HttpRequest&) -> HttpResult { return ok(R"({"data":[{"id":"m1"}]})"); };
  CHECK(*poll.run().catalog == *poll.run().catalog);
}

TEST_CASE("a secret that cannot be read is a failed poll without a request") {
  Poll poll;
  poll.endpoint.access.edit().authorization =
      Authorization{"Bearer", {SecretRef::From::File, "/nonexistent/key"}};
  const auto result = poll.run();
  CHECK(result.catalog.error().reason == Reason::Auth);
  CHECK(result.requests == 0);
}

// ---- questions
// -------------------------------------------------------------------------------------------------

Poll asking_poll(AliasRule rule) {
  Poll poll;
  poll.endpoint.reading.edit().rules = {std::move(rule)};
  poll.endpoint.reading.edit().alias_names.ids = {"a-latest", "b-latest"};
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (request.url.ends_with("/v1/models"))
      return ok(R"({"data":[{"id":"a-latest"},{"id":"b-latest"},{"id":"m1"}]})");
    if (request.url.ends_with("a-latest") || request.body.find("a-latest") != std::string::npos) {
      return ok(R"({"id":"a-1","model":"a-1"})");
    }
    return ok(R"({"id":"b-latest","model":"b-latest"})");
  };
  return poll;
}

Poll lookup_poll() {
  return asking_poll({.kind = Rule::Lookup,
                      .pointer = "/id",
                      .url = "http://api/v1/models/{id}",
                      .interval = 10min});
}

Poll echo_poll() {
  return asking_poll({.kind = Rule::Echo,
                      .pointer = "/model",
                      .url = "http://api/v1/chat/completions",
                      .body = R"({"model":"{id}"})",
                      .interval = 6h,
                      .daily_budget = 3});
}

TEST_CASE("lookup asks about each alias once per interval; in between, what is known stands") {
  Poll poll = lookup_poll();
  const auto first = poll.run();
  REQUIRE(first.catalog);
  CHECK(poll.urls() == std::vector<std::string>{"http://api/v1/models",
                                                "http://api/v1/models/a-latest",
                                                "http://api/v1/models/b-latest"});
  REQUIRE((*first.catalog)->find_alias("a-latest"));
  CHECK((*first.catalog)->find_alias("a-latest")->target == "a-1");
  CHECK((*first.catalog)->find_alias("a-latest")->rule == Rule::Lookup);
  CHECK((*first.catalog)->undisclosed == std::vector<std::string>{"b-latest"});

  const auto second = poll.run();
  CHECK(poll.requests.size() == 1);
  CHECK((*second.catalog)->unasked == std::vector<std::string>{"a-latest", "b-latest"});
  CHECK(*poll.run().catalog == *second.catalog);  // the same object

  poll.now += 10min;
  CHECK((*poll.run().catalog)->unasked.empty());
}

TEST_CASE("a Sunset header of an answer about one model tells when that model ends") {
  Poll poll = lookup_poll();
  const auto server = poll.server;
  poll.server = [&](const HttpRequest& request) {
    auto result = server(request);
    if (request.url.ends_with("a-latest"))
      result->headers.emplace_back("sunset", "Wed, 20 Jan 2027 00:00:00 GMT");
    return result;
  };
  const auto result = poll.run();
  REQUIRE(result.catalog);
  const auto& catalog = **result.catalog;
  REQUIRE(catalog.lifecycles.size() == 1);
  CHECK(catalog.lifecycles[0].id == "a-1");
  CHECK(catalog.lifecycles[0].retires_at == *parse_rfc3339("2027-01-20T00:00:00Z"));
  CHECK(catalog.answered == std::vector<std::string>{"a-1", "b-latest"});
  CHECK((*poll.run().catalog)->answered.empty());
}

TEST_CASE("a list and its feed of ends that say the same are the same object") {
  Poll poll;
  poll.endpoint.reading.edit().endings = EndingsDocument{
      .url = "http://feed/ends", .source = "feed", .fields = {.retires_at = {"/at"}}};
  poll.endpoint.reading.edit().endings->interval = 1h;
  std::string at = "2027-01-01";
  poll.server = [&](const HttpRequest& request) {
    return ok(request.url == "http://feed/ends" ? R"([{"id":"x","at":")" + at + R"("}])"
                                                : R"({"data":[{"id":"x"}]})");
  };
  const auto first = poll.run().catalog.value();
  CHECK(first->lifecycles.size() == 1);
  const auto second = poll.run().catalog.value();
  CHECK(poll.requests.size() == 1);
  CHECK(second == first);
  at = "2027-02-01";
  poll.now += 2h;
  CHECK(poll.run().catalog.value() != first);
}

TEST_CASE("an answer that says that its own URL ends is told of, and no model ends by it") {
  Poll poll;
  HttpHeaders headers{{"sunset", "Thu, 31 Dec 2026 23:59:59 GMT"}};
  poll.server = [&](const HttpRequest&) {
    return HttpResult{ok(R"({"data":[{"id":"x","ref_model":"y"}]})", headers)};
  };
  const auto told = poll.run().catalog.value();
  CHECK(told->lifecycles.empty());
  REQUIRE(told->notes.size() == 1);
  CHECK(told->notes[0].sentence ==
        "the list's URL itself ends at 2026-12-31T23:59:59.000Z (header Sunset)");
  CHECK(poll.run().catalog.value() == told);
  headers = {{"deprecation", "@1688169599"}};
  CHECK(poll.run().catalog.value()->notes[0].sentence.find("is deprecated") != std::string::npos);
  headers = {};
  CHECK(poll.run().catalog.value()->notes.empty());
}

TEST_CASE("an alias that is pending is asked about at once, before the others") {
  Poll poll = lookup_poll();
  poll.run();
  poll.scope.pending = {"b-latest"};
  const auto result = poll.run();
  CHECK(poll.urls() ==
        std::vector<std::string>{"http://api/v1/models", "http://api/v1/models/b-latest"});
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"a-latest"});
  CHECK_FALSE(result.left_pending);
}

TEST_CASE(
    "a question that fails leaves the poll good and the alias unasked, and is not repeated in "
    "haste") {
  Poll poll = lookup_poll();
  const auto whole = poll.server;
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (request.url.ends_with("a-latest")) return HttpReply{.status = 500};
    return whole(request);
  };
  poll.scope.pending = {"a-latest"};
  const auto result = poll.run();
  REQUIRE(result.catalog);
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"a-latest"});
  CHECK(result.left_pending);
  poll.run();
  CHECK(poll.requests.size() == 1);
  poll.now += kQuestionRetry;
  poll.run();
  CHECK(poll.requests.size() == 2);
}

TEST_CASE("a server that asks for air gets no further question") {
  Poll poll = lookup_poll();
  const auto whole = poll.server;
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (request.url.ends_with("a-latest"))
      return HttpReply{.status = 429, .headers = {{"retry-after", "30"}}};
    return whole(request);
  };
  const auto result = poll.run();
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"a-latest", "b-latest"});
  CHECK(poll.requests.size() == 2);
}

TEST_CASE("questions that no longer fit into the deadline are asked at the next poll") {
  Poll poll = lookup_poll();
  poll.latency = 6s;
  const auto result = poll.run();
  REQUIRE(result.catalog);
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"a-latest", "b-latest"});
}

TEST_CASE(
    "an alias of which a lookup knows nothing any more is gone, unless the list still has it") {
  Poll poll = lookup_poll();
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (request.url.ends_with("/v1/models"))
      return ok(R"({"data":[{"id":"a-latest"},{"id":"m1"}]})");
    return HttpReply{.status = 404};
  };
  const auto result = poll.run();
  CHECK((*result.catalog)->undisclosed == std::vector<std::string>{"a-latest"});
  CHECK((*result.catalog)->unasked.empty());
}

TEST_CASE("echo posts the alias; an answer that names what was asked for discloses nothing") {
  Poll poll = echo_poll();
  const auto result = poll.run();
  REQUIRE(poll.requests.size() == 3);
  CHECK(poll.requests[1].method == "POST");
  CHECK(poll.requests[1].body == R"({"model":"a-latest"})");
  CHECK(header_of(poll.requests[1], "Content-Type") == "application/json");
  CHECK((*result.catalog)->find_alias("a-latest")->target == "a-1");
  CHECK((*result.catalog)->find_alias("a-latest")->evidence.empty());
  CHECK((*result.catalog)->undisclosed == std::vector<std::string>{"b-latest"});
  REQUIRE(result.echo);
  CHECK(result.echo->asked == 2);
}

TEST_CASE("echo never costs more than its daily budget, and the next day has its own") {
  Poll poll = echo_poll();
  poll.scope.pending = {"a-latest"};
  int asked = 0;
  for (int i = 0; i < 100; ++i) {
    poll.run();
    asked += static_cast<int>(poll.requests.size()) - 1;
  }
  CHECK(asked == 3);
  CHECK(poll.run().left_pending);
  poll.now += 24h;
  poll.run();
  CHECK(poll.requests.size() > 1);
}

TEST_CASE("a streamed echo reads the first event that names the model, and times it") {
  Poll poll = echo_poll();
  poll.endpoint.reading.edit().rules.back().is_streamed = true;
  const auto list = poll.server;
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (request.method == "GET") return list(request);
    CHECK(request.body.starts_with(R"({"stream":true,)"));
    const std::string events = "data: {\"model\":\"a-1\"}\n\ndata: {\"mod";
    REQUIRE(request.is_enough);
    CHECK(request.is_enough(events));
    auto reply = ok(events);
    reply.is_broken_off = true;
    reply.phases = {.connect = 20ms, .tls = 30ms};
    reply.total = 250ms;
    return reply;
  };
  const auto result = poll.run();
  REQUIRE(result.catalog);
  REQUIRE((*result.catalog)->find_alias("a-latest"));
  CHECK((*result.catalog)->find_alias("a-latest")->target == "a-1");
  REQUIRE(result.first_tokens.size() == 2);
  CHECK(result.first_tokens[0].alias == "a-latest");
  CHECK(result.first_tokens[0].after == 200ms);
}

TEST_CASE("without knowing what was spent, echo asks nothing") {
  Poll poll = echo_poll();
  poll.scope.may_echo = false;
  CHECK((*poll.run().catalog)->unasked.size() == 2);
  CHECK(poll.requests.size() == 1);
}

TEST_CASE("a refused echo waits for its interval, even while a difference is pending") {
  Poll poll = echo_poll();
  const auto whole = poll.server;
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    return request.method == "POST" ? HttpReply{.status = 400} : whole(request);
  };
  poll.scope.pending = {"a-latest"};
  poll.run();
  poll.now += 5h;
  poll.run();
  CHECK(poll.requests.size() == 1);
}

TEST_CASE("echo has time of its own: it is asked although the poll's deadline has come") {
  Poll poll = echo_poll();
  poll.latency = 10s;
  const auto result = poll.run();
  REQUIRE(result.catalog);
  CHECK((*result.catalog)->find_alias("a-latest"));
}

}  // namespace
TEST_CASE("a list by POST sends its body to every page, and asks for no validators") {
  Poll poll;
  poll.endpoint.reading.edit().shape.is_post = true;
  poll.endpoint.reading.edit().shape.body = R"({"kind":"chat"})";
  poll.endpoint.reading.edit().shape.pagination = {.kind = Pagination::Kind::LinkHeader};
  poll.server = [](const HttpRequest& request) {
    const bool is_first = request.url == "http://api/v1/models";
    return is_first ? ok(R"({"data":[{"id":"a"}]})",
                         {{"link", R"(</v1/models?c=2>; rel="next")"}, {"etag", "x"}})
                    : ok(R"({"data":[{"id":"b"}]})");
  };
  for (int i = 0; i < 2; ++i) {
    const auto result = poll.run();
    REQUIRE(result.catalog.has_value());
    CHECK((*result.catalog)->ids == IdList{"a", "b"});
    REQUIRE(poll.requests.size() == 2);
    for (const auto& request : poll.requests) {
      CHECK(request.method == "POST");
      CHECK(request.body == R"({"kind":"chat"})");
      CHECK(header_of(request, "Content-Type") == "application/json");
      CHECK(header_of(request, "If-None-Match").empty());
    }
  }
}

TEST_CASE("a model that refuses one form of the question is asked in the next, which is kept") {
  Poll poll;
  poll.endpoint.reading.edit().rules = {{.kind = Rule::Echo,
                                         .pointer = "/model",
                                         .url = "http://api/chat",
                                         .body = R"({"model":"{id}","limit":1})",
                                         .other_bodies = {R"({"model":"{id}","limit":256})"},
                                         .interval = 1h,
                                         .daily_budget = 24}};
  poll.endpoint.reading.edit().alias_names.ids = {"a"};
  poll.server = [](const HttpRequest& request) -> HttpResult {
    if (request.method != "POST") return ok(R"({"data":[{"id":"a"}]})");
    if (request.body.find("256") == std::string::npos)
      return HttpReply{.status = 400, .body = R"({"error":{"message":"limit too low"}})"};
    return ok(R"({"model":"a-2026"})");
  };
  CHECK(poll.run().catalog.value()->find_alias("a") == nullptr);
  poll.now += 1min;
  CHECK(poll.run().catalog.value()->find_alias("a")->target == "a-2026");
  poll.now += 2h;
  CHECK(poll.run().catalog.value()->find_alias("a")->target == "a-2026");
  CHECK(poll.requests.back().body.find("256") != std::string::npos);
  CHECK(poll.scope.echo.asked == 3);
  // Also by the next life of the process, in which nothing but the spending is left.
  poll.memory = {};
  CHECK(poll.run().catalog.value()->find_alias("a")->target == "a-2026");
  CHECK(poll.scope.echo.asked == 4);
}

TEST_CASE("a key that is refused is no refused form, and one that refuses all forms costs little") {
  Poll poll;
  poll.endpoint.reading.edit().rules = {{.kind = Rule::Echo,
                                         .pointer = "/model",
                                         .url = "http://api/chat",
                                         .body = "0",
                                         .other_bodies = {"1", "2"},
                                         .interval = 1h,
                                         .daily_budget = 24}};
  poll.endpoint.reading.edit().alias_names.ids = {"a"};
  std::string error = R"({"error":{"message":"Incorrect API key provided"}})";
  poll.server = [&](const HttpRequest& request) -> HttpResult {
    if (request.method != "POST") return ok(R"({"data":[{"id":"a"}]})");
    return HttpReply{.status = 400, .body = error};
  };
  const auto asked_in = [&](Duration after) {
    poll.now += after;
    poll.run();
    return poll.requests.size() > 1 ? poll.requests.back().body : "";
  };
  CHECK(asked_in(1min) == "0");
  CHECK(asked_in(1min).empty());
  CHECK(poll.scope.echo.forms.empty());
  error = "{}";
  CHECK(asked_in(2h) == "0");
  CHECK(asked_in(1min) == "1");
  CHECK(asked_in(1min) == "2");
  CHECK(asked_in(1min).empty());
  CHECK(asked_in(2h) == "0");
  CHECK(asked_in(1min).empty());
  CHECK(asked_in(2h) == "1");
}

}  // namespace modelvane
