// Lists of the API: filters and pages.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

// "a b c": one field of all rows of a list.
std::string field_of(const Json& list, const std::string& name, const std::string& field) {
  std::string text;
  for (const auto& row : list[name]) text += row[field].get<std::string>() + " ";
  return text;
}

std::string rows(const World& world, const std::string& target, const std::string& name,
                 const std::string& field) {
  const auto answer = get(world.address(), target);
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  return field_of(Json::parse(answer.body), name, field);
}

// All pages of a list, "|" between them.
std::string pages(const World& world, const std::string& list, const std::string& field,
                  int limit) {
  std::string text;
  std::string cursor;
  for (int i = 0; i < 100; ++i) {
    const auto answer =
        get(world.address(), fmt::format("/api/v1/{}?limit={}{}", list, limit, cursor));
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const auto page = Json::parse(answer.body);
    text += field_of(page, list, field) + "|";
    if (page["next"].is_null()) return text;
    cursor = "&cursor=" + page["next"].get<std::string>();
  }
  return "no end";
}

DeliveryRow delivery(std::uint64_t sequence, const std::string& webhook, DeliveryState state) {
  return {.sequence = sequence,
          .event_id = fmt::format("evt_{}", sequence),
          .type = EventType::AliasMoved,
          .subject = "internlm/a-latest",
          .webhook = webhook,
          .state = state,
          .attempts = 2,
          .created = sample::noon(),
          .next_attempt = sample::noon() + 5s,
          .last_error = state == DeliveryState::Dead ? "the receiver answered <410>" : ""};
}

}  // namespace

TEST_CASE("endpoints are chosen by name, provider and state") {
  World world;
  CHECK(rows(world, "/api/v1/endpoints?endpoint=dead", "endpoints", "name") == "dead ");
  CHECK(rows(world, "/api/v1/endpoints?provider=internlm", "endpoints", "name") == "internlm ");
  CHECK(rows(world, "/api/v1/endpoints?state=up", "endpoints", "name") == "internlm ");
  CHECK(rows(world, "/api/v1/endpoints?state=down", "endpoints", "name") == "dead ");
  CHECK(rows(world, "/api/v1/endpoints?state=unknown", "endpoints", "name") == "gateway ");
  CHECK(rows(world, "/api/v1/endpoints?state=up&endpoint=dead", "endpoints", "name") == "");
  CHECK(get(world.address(), "/api/v1/endpoints?endpoint=nobody").status == 404);
  CHECK(get(world.address(), "/api/v1/endpoints?state=sideways")
            .body.find("must be one of unknown, up, down") != std::string::npos);
}

TEST_CASE("aliases are chosen by endpoint, name, status, pending and unstable") {
  World world;
  const auto aliases = [&](const std::string& query) {
    return rows(world, "/api/v1/aliases?" + query, "aliases", "alias");
  };
  CHECK(aliases("alias=internlm3-latest") == "internlm3-latest ");
  CHECK(aliases("status=undisclosed") == "intern-hidden ");
  CHECK(aliases("status=absent") == "internlm2-latest ");
  CHECK(aliases("pending=true") == "internvl-latest ");
  CHECK(aliases("unstable=true") == "<img src=x onerror=alert(1)> ");
  CHECK(aliases("pending=false&unstable=false&status=resolved") == "internlm3-latest ");
  CHECK(aliases("endpoint=dead") == "");
  CHECK(get(world.address(), "/api/v1/aliases?pending=1")
            .body.find("parameter pending must be true or false") != std::string::npos);
}

TEST_CASE("every list comes whole and without repetition, however small its pages") {
  World world;
  auto other = sample::internlm();
  other.name = "other";
  world.snapshot.endpoints.push_back(std::make_shared<const EndpointView>(other));
  for (std::uint64_t i = 4; i > 0; --i) {
    world.log.rows.push_back(delivery(i, "chat", DeliveryState::Delivered));
    world.log.rows.push_back(delivery(i, "oncall", DeliveryState::Pending));
  }
  struct Row {
    std::string list;
    std::string field;
  };
  for (const Row& row : {Row{"endpoints", "name"}, Row{"aliases", "alias"}, Row{"models", "model"},
                         Row{"deliveries", "event"}}) {
    CAPTURE(row.list);
    auto whole = pages(world, row.list, row.field, 1000);
    whole.pop_back();
    for (const int limit : {1, 2, 3, 4, 5}) {
      auto parts = pages(world, row.list, row.field, limit);
      std::erase(parts, '|');
      CHECK(parts == whole);
    }
  }
  CHECK(pages(world, "endpoints", "name", 2) == "internlm gateway |dead other |");
}

TEST_CASE("a page that ended at an endpoint that has gone says so") {
  World world;
  const auto page = Json::parse(get(world.address(), "/api/v1/endpoints?limit=1").body);
  world.snapshot.endpoints.erase(world.snapshot.endpoints.begin());
  const auto answer =
      get(world.address(), "/api/v1/endpoints?cursor=" + page["next"].get<std::string>());
  CHECK(answer.status == 400);
  CHECK(answer.body.find("begin again without cursor") != std::string::npos);
}

TEST_CASE("an alias that has gone between two pages leaves no gap") {
  World world;
  const auto page = Json::parse(get(world.address(), "/api/v1/aliases?limit=2").body);
  auto view = sample::internlm();
  auto known = *view.known;
  known.aliases.erase(known.aliases.begin() + 1);  // the last of that page
  view.known = std::make_shared<const KnownView>(known);
  world.snapshot.endpoints[0] = std::make_shared<const EndpointView>(view);
  CHECK(rows(world, "/api/v1/aliases?cursor=" + page["next"].get<std::string>(), "aliases",
             "alias") == "internlm2-latest internlm3-latest internvl-latest ");
}

TEST_CASE("the polls of an endpoint are shown on demand, oldest first") {
  World world;
  auto view = sample::internlm();
  PollHistory history;
  for (int i = 0; i < 100; ++i) {
    const bool is_good = i != 98;
    history.add({.at = sample::noon() + i * 1min,
                 .total = 250ms,
                 .reason = is_good ? std::nullopt : std::optional{Reason::Timeout}});
  }
  view.history = std::make_shared<const PollHistory>(history);
  world.snapshot.endpoints[0] = std::make_shared<const EndpointView>(view);
  const auto polls =
      Json::parse(get(world.address(), "/api/v1/endpoints?endpoint=internlm&polls=true")
                      .body)["endpoints"][0]["polls"];
  REQUIRE(polls.size() == 96);
  CHECK(polls[0] == Json{{"at", "2026-11-22T10:04:00.000Z"},
                         {"ok", true},
                         {"reason", nullptr},
                         {"seconds", 0.25}});
  CHECK(polls[94] == Json{{"at", "2026-11-22T11:38:00.000Z"},
                          {"ok", false},
                          {"reason", "timeout"},
                          {"seconds", 0.25}});
  const auto untried =
      Json::parse(get(world.address(), "/api/v1/endpoints?endpoint=gateway&polls=true").body);
  CHECK(untried["endpoints"][0]["polls"] == Json::array());
  CHECK_FALSE(
      Json::parse(get(world.address(), "/api/v1/endpoints?endpoint=internlm").body)["endpoints"][0]
          .contains("polls"));
  CHECK(get(world.address(), "/api/v1/endpoints?polls=true").status == 400);
}

TEST_CASE("deliveries are shown with their event, state and last error") {
  World world;
  world.log.rows = {delivery(2, "chat", DeliveryState::Dead),
                    delivery(2, "oncall", DeliveryState::Pending),
                    delivery(1, "chat", DeliveryState::Delivered)};
  const auto body = get(world.address(), "/api/v1/deliveries").body;
  CHECK(body.find('<') == std::string::npos);
  const auto all = Json::parse(body);
  CHECK(all["next"].is_null());
  CHECK(all["deliveries"][0] == Json{{"sequence", 2},
                                     {"event", "evt_2"},
                                     {"type", "alias.moved"},
                                     {"subject", "internlm/a-latest"},
                                     {"webhook", "chat"},
                                     {"state", "dead"},
                                     {"attempts", 2},
                                     {"created", "2026-11-22T10:00:00.000Z"},
                                     {"next_attempt", nullptr},
                                     {"last_error", "the receiver answered <410>"}});
  CHECK(all["deliveries"][1]["next_attempt"] == "2026-11-22T10:00:05.000Z");
  CHECK(rows(world, "/api/v1/deliveries?state=dead", "deliveries", "event") == "evt_2 ");
  CHECK(rows(world, "/api/v1/deliveries?webhook=chat", "deliveries", "event") == "evt_2 evt_1 ");
  CHECK(rows(world, "/api/v1/deliveries?event=evt_1", "deliveries", "webhook") == "chat ");
  CHECK(get(world.address(), "/api/v1/deliveries?state=lost").status == 400);
}

TEST_CASE("no name can open a tag in the API") {
  World world;
  for (const auto* target :
       {"/api/v1/endpoints", "/api/v1/aliases", "/api/v1/models", "/api/v1/status"}) {
    CAPTURE(target);
    CHECK(get(world.address(), target).body.find('<') == std::string::npos);
  }
  CHECK(rows(world, "/api/v1/models", "models", "model").find("<img src=x onerror=alert(1)>") == 0);
}
