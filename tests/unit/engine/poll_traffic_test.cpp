// A poll that also asks what the traffic says.
#include <doctest/doctest.h>

#include "daemon/engine/poll_run.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const std::string kList = R"({"data":[{"id":"m-1"},{"id":"m-2"}]})";

std::string counting(const std::string& target) {
  return R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"asked":"m",)"
         R"("answered":")" +
         target + R"("},"value":[1,"100"]}]}})";
}

struct TrafficPoll {
  EndpointConfig endpoint;
  PollMemory memory;
  QuestionScope scope;
  HttpResult traffic = HttpReply{.status = 200, .body = counting("m-1")};
  std::vector<HttpRequest> requests;
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

  TrafficPoll() {
    endpoint.url = "http://api/v1/models";
    AliasRule rule{.kind = Rule::Served, .url = "http://prometheus:9090", .interval = 1min};
    rule.served = {.query = "sum(a)", .alias = "asked", .target = "answered"};
    endpoint.reading.edit().rules = {rule};
    endpoint.access.edit().http_headers = {
        {"X-Key", {.from = SecretRef::From::Inline, .where = "list"}}};
    endpoint.served_access.edit().http_headers = {
        {"X-Scope-OrgID", {.from = SecretRef::From::Inline, .where = "tenant"}}};
  }
  PollResult run(Duration later = 1min) {
    now += later;
    requests.clear();
    PollRun run{endpoint, memory, scope, Duration{0}};
    while (auto request = run.next(now, Duration{0})) {
      requests.push_back(*request);
      run.take(requests.size() == 1 ? HttpReply{.status = 200, .body = kList} : traffic, now);
    }
    return run.finish();
  }
};

}  // namespace

TEST_CASE("the traffic's source is asked after the list, with its own keys and not the list's") {
  TrafficPoll poll;
  const auto result = poll.run();
  REQUIRE(result.catalog);
  REQUIRE(poll.requests.size() == 2);
  CHECK(poll.requests[1].url == "http://prometheus:9090/api/v1/query?query=sum%28a%29");
  CHECK(poll.requests[1].has_header("X-Scope-OrgID"));
  CHECK_FALSE(poll.requests[1].has_header("X-Key"));
  REQUIRE((*result.catalog)->find_alias("m") != nullptr);
  CHECK((*result.catalog)->find_alias("m")->target == "m-1");
  CHECK((*result.catalog)->find_alias("m")->rule == Rule::Served);
  REQUIRE(result.served);
  CHECK(result.served->front().shares == std::vector<ServedShare>{{"m-1", 1.0}});
}

TEST_CASE("between its intervals the source is left in peace, and a pending move waits for it") {
  TrafficPoll poll;
  poll.run();
  poll.scope.served = {{"m", "m-1"}};
  poll.scope.is_served_pending = true;
  const auto result = poll.run(5s);
  CHECK(poll.requests.size() == 1);
  CHECK(result.left_pending);
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"m"});
  CHECK_FALSE(poll.run(1min).left_pending);
  CHECK(poll.requests.size() == 2);
}

TEST_CASE("a source that is silent leaves the poll good, what is known alone, and says why") {
  TrafficPoll poll;
  poll.run();
  poll.scope.served = {{"m", "m-1"}};
  poll.traffic = std::unexpected(HttpFailure{.reason = Reason::Connect, .sentence = "refused"});
  const auto result = poll.run();
  REQUIRE(result.catalog);
  CHECK((*result.catalog)->unasked == std::vector<std::string>{"m"});
  CHECK((*result.catalog)->aliases.empty());
  REQUIRE((*result.catalog)->notes.size() == 1);
  CHECK((*result.catalog)->notes[0].sentence ==
        "served: the source of traffic says nothing: refused");
  REQUIRE(result.served);
  CHECK(result.served->empty());
}

TEST_CASE("another target in the traffic is shown as soon as the source is asked again") {
  TrafficPoll poll;
  poll.run();
  poll.scope.served = {{"m", "m-1"}};
  poll.traffic = HttpReply{.status = 200, .body = counting("m-2")};
  CHECK((*poll.run().catalog)->find_alias("m")->target == "m-2");
}

TEST_CASE("a second list of ends is asked at its interval, and its silence takes nothing back") {
  TrafficPoll poll;
  poll.endpoint.reading.edit().rules.clear();
  poll.endpoint.reading.edit().endings = EndingsDocument{.url = "http://feed/ends.json",
                                                         .source = "feed",
                                                         .items = {""},
                                                         .where = {},
                                                         .fields = {.retires_at = {"/end"}},
                                                         .interval = 1h};
  poll.traffic = std::unexpected(HttpFailure{.reason = Reason::Connect, .sentence = "refused"});
  const auto silent = poll.run();
  REQUIRE(silent.catalog);
  CHECK((*silent.catalog)->silent_sources == std::vector<std::string>{"feed"});
  REQUIRE((*silent.catalog)->notes.size() == 1);
  CHECK((*silent.catalog)->notes[0].sentence == "feed says nothing of models' ends: refused");
  poll.traffic = HttpReply{.status = 200, .body = R"([{"id":"m-1","end":"2027-01-20"}])"};
  const auto heard = poll.run(5min);
  REQUIRE(poll.requests.size() == 2);
  CHECK(poll.requests[1].url == "http://feed/ends.json");
  CHECK_FALSE(poll.requests[1].has_header("X-Key"));
  REQUIRE((*heard.catalog)->lifecycles.size() == 1);
  CHECK((*heard.catalog)->lifecycles[0].source == "feed");
  const auto later = poll.run(1min);
  CHECK(poll.requests.size() == 1);
  CHECK((*later.catalog)->lifecycles.size() == 1);
}
