// docs/EVENTS.md against the types that exist and the JSON that is sent.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "daemon/events/event.h"
#include "daemon/events/event_json.h"
#include "tests/docs/project.h"

using namespace modelvane;

namespace {

// What stands in backticks in the first column of the table under `heading`.
std::set<std::string> first_column(const std::string& heading) {
  std::set<std::string> names;
  for (const auto& row : docs::table_rows(docs::read("docs/EVENTS.md"))) {
    if (row.heading != heading) continue;
    for (const auto& name : docs::in_backticks(row.cells.at(0))) names.insert(name);
  }
  return names;
}

Event base(EventType type) {
  return {.id = "evt_1",
          .type = type,
          .endpoint = "e",
          .observed_between = {{Time{}, Time{}}},
          .confirmed_by_polls = 2,
          .labels = {{"team", "search"}},
          .summary = "s"};
}

// Events that together have every fact there is.
std::vector<Event> full_events() {
  auto alias = base(EventType::AliasMoved);
  alias.alias = "a";
  alias.from = "m-1";
  alias.to = "m-2";
  alias.rule = Rule::Field;
  alias.targets = {"m-1", "m-2"};
  alias.pin = PinState{{"m-1"}, false};
  alias.changed = {{"/created", "1", "2"}};
  auto model = base(EventType::ModelRetirementChanged);
  model.model = "m";
  model.retirement = model.retirement_before =
      Retirement{.model = "m", .at = Time{}, .replacement = "n", .days_left = 3};
  auto endpoint = base(EventType::EndpointUp);
  endpoint.reason = Reason::Timeout;
  endpoint.detail = "d";
  endpoint.lasted = std::chrono::seconds{1};
  endpoint.is_isolated = true;
  endpoint.models_before = endpoint.models_now = endpoint.ids_count = 1;
  endpoint.ids = {"m"};
  auto unwatched = base(EventType::EndpointUnwatched);
  unwatched.ended = {EventType::EndpointDown};
  auto failing = base(EventType::WebhookFailing);
  failing.webhook = "w";
  return {alias, model, endpoint, unwatched, failing};
}

std::set<std::string> rendered_keys() {
  std::set<std::string> keys;
  for (const auto& event : full_events()) {
    const auto json = nlohmann::json::parse(to_cloudevent(event, "urn:modelvane:prod-a"));
    for (const auto& [key, value] : json["data"].items()) keys.insert(key);
  }
  return keys;
}

}  // namespace

TEST_CASE("docs/EVENTS.md names every event type, and no other") {
  const auto documented = first_column("Types");
  for (const auto name : kEventTypes.labels())
    CHECK_MESSAGE(documented.contains(std::string{name}), "not documented: " << name);
  for (const auto& name : documented)
    CHECK_MESSAGE(kEventTypes.parse(name), "documented, but no type: " << name);
}

TEST_CASE("docs/EVENTS.md names every fact that an event's data may hold, and no other") {
  const auto documented = first_column("Facts");
  const auto rendered = rendered_keys();
  CHECK(rendered.size() > 15);
  for (const auto& key : rendered)
    CHECK_MESSAGE(documented.contains(key), "not documented: " << key);
  for (const auto& key : documented)
    CHECK_MESSAGE(rendered.contains(key), "documented, but never sent: " << key);
}
