#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "daemon/web/api.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using Json = nlohmann::json;

namespace {

Json json_of(const Answer& answer) {
  return Json::parse(answer.body);
}

void add_moves(FakeLog& log, int count) {
  for (int i = 1; i <= count; ++i)
    log.add(moved_event("a-latest", "a-" + std::to_string(i), "a-" + std::to_string(i + 1)));
}

}  // namespace

TEST_CASE("endpoints are shown with what is known of them, and null where nothing is") {
  World world;
  const auto endpoints = json_of(get(world.address(), "/api/v1/endpoints"))["endpoints"];
  REQUIRE(endpoints.size() == 3);
  const auto& internlm = endpoints[0];
  CHECK(internlm["name"] == "internlm");
  CHECK(internlm["availability"] == "up");
  CHECK(internlm["labels"] == Json{{"team", "search"}});
  CHECK(internlm["models"] == 3);
  CHECK(internlm["aliases"] == 5);
  CHECK(internlm["last_poll"]["ok"] == true);
  CHECK(internlm["last_poll"]["time"] == "2026-11-22T09:59:40.000Z");
  CHECK(internlm["last_poll"]["phase_seconds"]["tls"] == 0.04);
  CHECK(internlm["failures"]["timeout"] == 1);
  CHECK(internlm["warnings"][0] == "hint /versoin finds nothing in any of the 3 rows");
  CHECK(endpoints[1]["warnings"].empty());
  CHECK(endpoints[1]["last_poll"].is_null());
  CHECK(endpoints[1]["provider"].is_null());
  CHECK(endpoints[2]["last_poll"]["reason"] == "tls");
  CHECK(endpoints[2]["last_poll"]["error"] == "the certificate of llm.example.com has expired");
  CHECK(endpoints[2]["last_poll"]["http_status_code"].is_null());
}

TEST_CASE("aliases are shown with target, pin and what is pending") {
  World world;
  const auto aliases =
      json_of(get(world.address(), "/api/v1/aliases?endpoint=internlm"))["aliases"];
  REQUIRE(aliases.size() == 5);
  Json by_name;
  for (const auto& alias : aliases) by_name[alias["alias"].get<std::string>()] = alias;
  const auto& latest = by_name["internlm3-latest"];
  CHECK(latest["target"] == "internlm3-20b-instruct");
  CHECK(latest["rule"] == "field");
  CHECK(latest["pin"] == Json{{"approved", {"internlm3-8b-instruct"}}, {"state", "broken"}});
  CHECK(latest["last_change"] == "2026-11-22T09:00:00.000Z");
  CHECK(latest["since"] == "2026-11-20T10:00:00.000Z");
  CHECK(latest["pending"].is_null());
  CHECK(by_name["internvl-latest"]["pending"] == Json{{"target", "internvl3.5-241b"}});
  CHECK(by_name["internvl-latest"]["pin"].is_null());
  CHECK(by_name["intern-hidden"]["status"] == "undisclosed");
  CHECK(by_name["intern-hidden"]["target"].is_null());
  CHECK(by_name["internlm2-latest"]["target"].is_null());
  CHECK(by_name["internlm2-latest"]["last_known_target"] == "internlm2.5");
  CHECK(json_of(get(world.address(), "/api/v1/aliases"))["aliases"].size() == 5);
  CHECK(get(world.address(), "/api/v1/aliases?endpoint=nobody").status == 404);
}

TEST_CASE("a difference that one endpoint of a group tells is shown for each of them") {
  World world;
  auto other = sample::internlm();
  other.name = "singapore";
  auto known = *other.known;
  for (auto& alias : known.aliases) alias.disagrees = false;
  other.known = std::make_shared<const KnownView>(known);
  auto alone = other;
  alone.name = "alone";
  alone.compare = "another group";
  world.snapshot.endpoints.push_back(std::make_shared<const EndpointView>(other));
  world.snapshot.endpoints.push_back(std::make_shared<const EndpointView>(alone));
  std::map<std::string, Json> disagrees;
  const auto aliases =
      json_of(get(world.address(), "/api/v1/aliases?alias=internvl-latest"))["aliases"];
  for (const auto& alias : aliases)
    disagrees[alias["endpoint"].get<std::string>()] = alias["disagrees"];
  CHECK(disagrees ==
        std::map<std::string, Json>{{"internlm", true}, {"singapore", true}, {"alone", false}});
}

TEST_CASE("models are shown with the aliases that point to them") {
  World world;
  CHECK(json_of(get(world.address(), "/api/v1/models?endpoint=dead"))["models"] ==
        Json{{{"endpoint", "dead"}, {"model", "m"}, {"aliases", Json::array()}}});
  CHECK(json_of(get(world.address(), "/api/v1/models"))["models"].size() == 4);
  const auto pointed_at =
      json_of(get(world.address(), "/api/v1/models?model=internlm3-20b-instruct"))["models"];
  REQUIRE(pointed_at.size() == 1);
  CHECK(pointed_at[0]["aliases"] == Json{"internlm3-latest"});
  const auto unknown = get(world.address(), "/api/v1/models?endpoint=no%22body");
  CHECK(unknown.status == 404);
  CHECK(json_of(unknown)["detail"] ==
        "there is no endpoint \"no\"body\"; /api/v1/endpoints lists them");
}

TEST_CASE("status tells of store, reload and webhooks") {
  World world;
  world.snapshot.daemon.reload_ok = false;
  world.snapshot.daemon.reload_sentence = "line 3: unknown key";
  const auto status = json_of(get(world.address(), "/api/v1/status"));
  CHECK(status["version"] == "0.1.0");
  CHECK(status["uptime_seconds"] == 26 * 3600);
  CHECK(status["store"] == Json{{"ok", true}, {"error", nullptr}, {"errors", 0}});
  CHECK(status["reload"]["ok"] == false);
  CHECK(status["reload"]["error"] == "line 3: unknown key");
  CHECK(status["counts"] == Json{{"endpoints", 3}, {"aliases", 5}, {"webhooks", 1}});
  CHECK(status["webhooks"][0]["pending"] == 2);
  CHECK(status["webhooks"][0]["dead_letters"] == 1);
  CHECK(status["webhooks"][0]["failures"]["busy"] == 2);
  CHECK(status["webhooks"][0]["last_error"] == "the receiver answered 503");
}

TEST_CASE("names that are not UTF-8 do not break the API") {
  World world;
  auto view = sample::gateway();
  view.last_sentence = "\xff\xfe";
  view.last_poll = sample::noon();
  world.snapshot.endpoints.push_back(std::make_shared<const EndpointView>(view));
  const auto endpoints = json_of(get(world.address(), "/api/v1/endpoints"))["endpoints"];
  CHECK(endpoints[3]["last_poll"]["error"] == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("events come newest first, by pages, as receivers got them") {
  World world;
  add_moves(world.log, 5);
  auto page = json_of(get(world.address(), "/api/v1/events?limit=2"));
  REQUIRE(page["events"].size() == 2);
  CHECK(page["events"][0]["id"] == "evt_5");
  CHECK(page["events"][0]["type"] == "io.modelvane.alias.moved");
  page = json_of(
      get(world.address(), "/api/v1/events?limit=2&cursor=" + page["next"].get<std::string>()));
  CHECK(page["events"][0]["id"] == "evt_3");
  page = json_of(
      get(world.address(), "/api/v1/events?limit=2&cursor=" + page["next"].get<std::string>()));
  REQUIRE(page["events"].size() == 1);
  CHECK(page["events"][0]["id"] == "evt_1");
  CHECK(page["next"].is_null());
}

TEST_CASE("filters of events reach the store as they are meant") {
  World world;
  const auto answer = get(
      world.address(),
      "/api/v1/events?endpoint=in%2Ft&alias=a%26b&type=alias.*,endpoint.down&type=catalog.accepted&"
      "since=2026-11-22&until=2026-11-22T12:00:00+02:00&limit=1000");
  CHECK(answer.body == "{\"events\":[],\"next\":null}\n");
  const auto& filter = world.log.last_filter;
  CHECK(filter.endpoint == "in/t");
  CHECK(filter.alias == "a&b");
  CHECK(filter.types == std::vector<std::string>{"alias.*", "endpoint.down", "catalog.accepted"});
  CHECK(filter.since == sample::noon() - std::chrono::hours{10});
  CHECK(filter.until == sample::noon());
  CHECK(filter.limit == 1000);
  CHECK_FALSE(filter.before_sequence);
}

TEST_CASE("a wrong parameter is named together with what is right") {
  World world;
  struct Row {
    std::string query;
    std::string said;
  };
  for (const Row& row : {
           Row{"limit=0", "parameter limit must be a number from 1 to 1000"},
           Row{"limit=1001", "from 1 to 1000"},
           Row{"limit=ten", "from 1 to 1000"},
           Row{"limit=-1", "from 1 to 1000"},
           Row{"limit=1&limit=2", "parameter limit may be given once"},
           Row{"limit=", "parameter limit is empty"},
           Row{"since=yesterday", "parameter since must be a time in RFC 3339"},
           Row{"until=2026-13-01", "parameter until must be a time"},
           Row{"cursor=12", "parameter cursor must be the value of \"next\""},
           Row{"cursor=sxyz.", "parameter cursor"},
           Row{"cursor=s616263.", "parameter cursor"},
           Row{"cursor=e31.", "parameter cursor"},
           Row{"type=alias.mved",
               "no event type matches \"alias.mved\"; the types are alias.moved,"},
           Row{"type=alias.moved,", "no event type matches \"\""},
           Row{"endpint=x", "unknown parameter \"endpint\"; allowed are: endpoint, alias, type,"},
       }) {
    CAPTURE(row.query);
    const auto answer = get(world.address(), "/api/v1/events?" + row.query);
    CHECK(answer.status == 400);
    CHECK(answer.header("content-type") == "application/problem+json");
    CHECK_MESSAGE(json_of(answer)["detail"].get<std::string>().find(row.said) != std::string::npos,
                  answer.body);
    CHECK(json_of(answer)["status"] == 400);
  }
  CHECK(json_of(get(world.address(), "/api/v1/status?x=1"))["detail"] ==
        "unknown parameter \"x\"; this path takes none");
}

TEST_CASE("a store that cannot be read says so") {
  World world;
  world.log.error =
      StoreError{.kind = StoreError::Kind::Damaged, .sentence = "the history is damaged"};
  const auto answer = get(world.address(), "/api/v1/events");
  CHECK(answer.status == 503);
  CHECK(json_of(answer)["detail"] == "the history is damaged");
}

TEST_CASE("an endpoint's uptime is the share of known time, and hours=true adds the last day") {
  World world;
  const auto endpoints = json_of(get(world.address(), "/api/v1/endpoints?hours=true"))["endpoints"];
  CHECK(endpoints[0]["uptime"]["day"].get<double>() == doctest::Approx(6720.0 / 7200));
  CHECK(endpoints[0]["uptime"]["month"].get<double>() == doctest::Approx(40'000.0 / 40'480));
  const auto& hours = endpoints[0]["hours"];
  REQUIRE(hours["p50"].size() == 24);
  CHECK(hours["p50"][22] == 0.5);
  CHECK(hours["availability"][21] == 1);
  CHECK(hours["availability"][23].is_null());
  CHECK(endpoints[1]["uptime"]["day"].is_null());
  CHECK(endpoints[1]["hours"]["p50"][23].is_null());
}

TEST_CASE("the configuration in effect is an answer of its own, which takes no parameters") {
  World world;
  CHECK(json_of(get(world.address(), "/api/v1/config"))["instance"] == "<prod>");
  CHECK(get(world.address(), "/api/v1/config").body.find('<') == std::string::npos);
  CHECK(get(world.address(), "/api/v1/config?x=1").status == 400);
}

TEST_CASE("the past of an endpoint comes in steps of hours or days, as the store has it") {
  World world;
  PastSpan span;
  span.from = *parse_rfc3339("2026-11-22T10:00:00Z");
  span.seconds = {.up = std::chrono::seconds{3000}, .down = std::chrono::seconds{600}};
  span.durations.add(std::chrono::milliseconds{300});
  span.longest = std::chrono::milliseconds{310};
  span.failures.of[static_cast<std::size_t>(Reason::Timeout)] = 2;
  world.log.spans = {span};
  const std::string path = "/api/v1/endpoints/internlm/history";
  const auto all =
      json_of(get(world.address(), path + "?from=2026-11-22T10:30:00Z&to=2026-11-22T12:10:00Z"));
  CHECK(all["from"] == "2026-11-22T10:00:00.000Z");
  CHECK(all["step_seconds"] == 3600);
  REQUIRE(all["history"].size() == 1);
  const auto& step = all["history"][0];
  CHECK(step["seconds"]["down"] == 600);
  CHECK(step["availability"].get<double>() == doctest::Approx(3000.0 / 3600));
  CHECK(step["polls"] == 1);
  CHECK(step["poll_seconds"]["p50"].get<double>() == doctest::Approx(0.3).epsilon(0.05));
  CHECK(step["poll_seconds"]["max"] == 0.31);
  CHECK(step["worst_reason"] == "timeout");

  get(world.address(), path + "?from=2026-11-01&to=2026-11-22T12:10:00Z");
  CHECK(world.log.last_past.step == kDay);
  get(world.address(), "/api/v1/endpoints/intern%6cm/history?step=6h");
  CHECK(world.log.last_past.endpoint == "internlm");
  CHECK(world.log.last_past.step == 6 * kHour);

  CHECK(get(world.address(), "/api/v1/endpoints/nobody/history").status == 404);
  CHECK(get(world.address(), path + "?step=90m").status == 400);
  CHECK(get(world.address(), path + "?from=2026-11-02&to=2026-11-01").status == 400);
  CHECK(get(world.address(), path + "?from=2020-01-01&step=1h").status == 400);
}
