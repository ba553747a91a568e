#include "daemon/commands/timelines.h"

#include <doctest/doctest.h>

#include <chrono>
#include <utility>

#include "daemon/events/event_json.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};

// What a daemon told of its endpoint "e", and how its aliases are now.
struct Told : Source {
  std::vector<StoredEvent> stored;
  AliasesNow now;

  Event& tell(EventType type, Time at) {
    event = Event{};
    event.type = type;
    event.endpoint = "e";
    event.time = at;
    event.observed_between = {at - 1min, at};
    return event;
  }
  void keep() {
    stored.insert(stored.begin(), StoredEvent{.sequence = stored.size() + 1,
                                              .type = event.type,
                                              .endpoint = event.endpoint,
                                              .alias = event.about(),
                                              .time = event.time,
                                              .json = to_cloudevent(event, "urn:modelvane:test")});
  }

  std::expected<void, std::string> each_event(
      EventFilter, const std::function<void(StoredEvent)>& take) override {
    for (const auto& one : stored) take(one);
    return {};
  }
  std::expected<std::vector<DeliveryRow>, std::string> deliveries(DeliveryFilter) override {
    return {};
  }
  std::expected<std::vector<EndpointNow>, std::string> endpoints() override { return {}; }
  std::expected<AliasesNow, std::string> aliases() override { return now; }
  std::expected<PinsNow, std::string> pins() override { return {}; }
  std::expected<OperatorResult, std::string> ask(const OperatorRequest&) override {
    return std::unexpected("nobody is there");
  }
  bool daemon_runs() const override { return false; }
  void wait(Duration) override {}

 private:
  Event event;
};

// Watched since kStart, when "a" pointed to "m-1"; two hours later it moved to "m-2".
Told told_of_a_move() {
  Told told;
  told.tell(EventType::EndpointUp, kStart);
  told.keep();
  auto& moved = told.tell(EventType::AliasMoved, kStart + 2h);
  moved.alias = "a";
  moved.from = "m-1";
  moved.to = "m-2";
  told.keep();
  told.now[{"e", "a"}] = {.target = "m-2", .since = kStart + 2h, .changes = 1};
  return told;
}

std::string target_at(Told& told, Time at) {
  const auto timelines = read_timelines(told, "");
  const auto& endpoint = timelines->at("e");
  return to_text(answer_at(endpoint, endpoint.aliases.at("a"), at));
}

TEST_CASE("an alias points to what its moves say, before and after them") {
  auto told = told_of_a_move();
  CHECK(target_at(told, kStart + 1h + 59min) == "m-1");
  CHECK(target_at(told, kStart + 2h - 30s) == "m-1 or m-2");
  CHECK(target_at(told, kStart + 3h) == "m-2");
}

TEST_CASE("what is told of an alias while it points where it did changes no answer") {
  for (const auto type :
       {EventType::AliasHint, EventType::AliasPinBroken, EventType::AliasPinRestored,
        EventType::AliasDisagrees, EventType::AliasAgrees, EventType::AliasUnwatched}) {
    CAPTURE(name(type));
    auto told = told_of_a_move();
    told.tell(type, kStart + 3h).alias = "a";
    told.keep();
    CHECK(target_at(told, kStart + 4h) == "m-2");
    CHECK(target_at(told, kStart + 1h) == "m-1");

    Told quiet;  // an alias that never moved
    quiet.tell(type, kStart + 3h).alias = "a";
    quiet.keep();
    quiet.now[{"e", "a"}] = {.target = "m-1", .since = kStart};
    CHECK(target_at(quiet, kStart + 1h) == "m-1");
    CHECK(target_at(quiet, kStart + 4h) == "m-1");
  }
}

TEST_CASE("models, webhooks and endpoints are no aliases") {
  auto told = told_of_a_move();
  told.tell(EventType::ModelAdded, kStart + 3h).model = "m-3";
  told.keep();
  auto& failing = told.tell(EventType::WebhookFailing, kStart + 3h);
  failing.endpoint.clear();
  failing.webhook = "oncall";
  told.keep();
  told.tell(EventType::EndpointDown, kStart + 4h);
  told.keep();
  std::size_t aliases = 0;
  const auto timelines = read_timelines(told, "");
  for (const auto& [name, endpoint] : *timelines) aliases += endpoint.aliases.size();
  CHECK(aliases == 1);
}

}  // namespace
}  // namespace modelvane
