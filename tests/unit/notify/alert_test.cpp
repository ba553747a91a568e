#include "daemon/notify/alert.h"

#include <doctest/doctest.h>

#include "daemon/events/event_json.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const Time kThen = *parse_rfc3339("2026-11-22T10:00:05.123Z");

Event event_of(EventType type, std::string alias = "") {
  Event event;
  event.id = "evt_0198f0c2a7b37c5e8d1f2a3b4c5d6e7f";
  event.type = type;
  event.time = kThen;
  event.endpoint = "internlm";
  event.alias = std::move(alias);
  return event;
}

Event moved(std::string to) {
  auto event = event_of(EventType::AliasMoved, "internlm3-latest");
  event.from = "internlm3-8b-instruct";
  event.to = std::move(to);
  return event;
}

AlertLife life_of(const Event& event, Duration alert_duration = 2h) {
  StoredEvent stored;
  stored.json = to_cloudevent(event, "urn:modelvane:prod-a");
  WebhookConfig webhook;
  webhook.alert_duration = alert_duration;
  const auto life = alert_life(webhook, stored);
  REQUIRE(life.has_value());
  return *life;
}

}  // namespace

TEST_CASE("a move is an alert for alert_duration, and another target is another alert") {
  const auto life = life_of(moved("b"));
  CHECK(life.begins);
  CHECK(life.starts == kThen);
  CHECK(life.ends == kThen + 2h);
  CHECK(life.key == life_of(moved("b")).key);
  CHECK(life.key != life_of(moved("c")).key);
}

TEST_CASE("a short alert_duration means more posts, and fewer of the resolved form") {
  const auto usual = life_of(moved("b"));
  CHECK(usual.post_every == 1min);
  CHECK(usual.aftermath == 5min);
  const auto brief = life_of(moved("b"), 20s);
  CHECK(brief.post_every == 5s);
  CHECK(brief.aftermath == 20s);
}

TEST_CASE("a drill's alert ends by itself within a minute") {
  using enum EventType;
  for (const auto type : {EndpointDown, AliasMoved, Drill}) {
    auto drill = event_of(type, type == AliasMoved ? "a" : "");
    drill.drill = true;
    const auto life = life_of(drill);
    CHECK(life.begins);
    CHECK(life.ends == kThen + 30s);
  }
}

TEST_CASE("what is no longer watched ends the alert that it names") {
  using enum EventType;
  auto end = event_of(AliasUnwatched, "a");
  end.ended = {AliasPinBroken};
  end.to = "b";
  const auto ended = life_of(end);
  CHECK_FALSE(ended.begins);
  CHECK(ended.ends == kThen);
  CHECK(ended.key == life_of(event_of(AliasPinBroken, "a")).key);
}

TEST_CASE("a state lasts until the event that ends it, which has the same key") {
  using enum EventType;
  struct Row {
    EventType begin;
    EventType end;
    std::string about;
  };
  for (const auto& row :
       {Row{EndpointDown, EndpointUp, ""}, Row{AliasUnstable, AliasSettled, "a"},
        Row{AliasPinBroken, AliasPinRestored, "a"}, Row{CatalogQuarantined, CatalogAccepted, ""}}) {
    auto end = event_of(row.end, row.about);
    end.to = row.about.empty() ? std::nullopt : std::optional<std::string>{"b"};
    end.lasted = 90s;
    const auto life = life_of(event_of(row.begin, row.about));
    CHECK(life.begins);
    CHECK_FALSE(life.ends.has_value());
    const auto ended = life_of(end);
    CHECK_FALSE(ended.begins);
    CHECK(ended.key == life.key);
    CHECK(ended.starts == kThen - 90s);
    CHECK(ended.ends == kThen);
  }
  CHECK(life_of(event_of(AliasUnstable, "a")).key != life_of(event_of(AliasUnstable, "b")).key);
}

TEST_CASE(
    "a model near its retirement is an alert until that day, or until the retirement is called "
    "off") {
  auto near = event_of(EventType::ModelRetirementNear);
  near.model = "internlm3-8b-instruct";
  near.retirement =
      Retirement{.model = near.model, .at = kThen + 24h * 7, .replacement = "", .days_left = 7};
  CHECK(life_of(near).ends == kThen + 24h * 7);
  near.retirement->at = kThen - 24h;
  CHECK(life_of(near).ends == kThen + 2h);
  auto cleared = event_of(EventType::ModelRetirementCleared);
  cleared.model = near.model;
  CHECK(life_of(cleared).key == life_of(near).key);
  CHECK_FALSE(life_of(cleared).begins);
}

TEST_CASE(
    "labels tell the alert, the whom and the new target, and keep the endpoint's own labels") {
  auto event = moved("b");
  event.labels = {{"team", "search"}, {"alertname", "theirs"}};
  CHECK(alert_labels(event) ==
        std::map<std::string, std::string>{{"alertname", "ModelvaneAliasMoved"},
                                           {"alias", "internlm3-latest"},
                                           {"endpoint", "internlm"},
                                           {"team", "search"},
                                           {"to", "b"}});
  CHECK(life_of(event).key == life_of(moved("b")).key);  // labels may change by a reload
  CHECK(alert_labels(event_of(EventType::AliasPinRestored, "a")).at("alertname") ==
        "ModelvaneAliasPinBroken");
}

TEST_CASE("a drill neither is nor ends a real alert") {
  auto drill = event_of(EventType::EndpointUp);
  const auto real = life_of(drill).key;
  drill.drill = true;
  CHECK(life_of(drill).key != real);
  CHECK(alert_labels(drill).at("drill") == "true");
}

TEST_CASE("an event whose JSON cannot be read has no alert") {
  StoredEvent damaged;
  damaged.json = "{";
  CHECK_FALSE(alert_life({}, damaged).has_value());
}
