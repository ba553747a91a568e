#include "tests/store_contract.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"

namespace modelvane::test {
namespace {

using namespace std::chrono_literals;

// A store that is open, with the number of its next batch.
class Opened {
 public:
  explicit Opened(const OpenStore& open) : open_(open) { restart(); }

  void restart() {
    store_.reset();
    store_ = open_();
    auto found = store_->load();
    REQUIRE_MESSAGE(found.has_value(), found.error().sentence);
    loaded = std::move(*found);
    number_ = 0;
  }
  Batch batch() { return {.session = loaded.session, .number = ++number_, .at = kStart + 1min}; }
  CommitReport commit(const Batch& batch) {
    auto report = store_->commit(batch);
    REQUIRE_MESSAGE(report.has_value(), report.error().sentence);
    return std::move(*report);
  }

  Loaded loaded;

 private:
  const OpenStore& open_;
  std::unique_ptr<Store> store_;
  std::uint64_t number_ = 0;
};

std::string shown(const std::vector<PendingDelivery>& deliveries) {
  std::string text;
  for (const auto& [delivery, stored] : deliveries)
    text += fmt::format("{}{} ", delivery.sequence, delivery.webhook);
  return text;
}

void numbers_rise(const OpenStore& open) {
  Opened store{open};
  CHECK(store.loaded.session != 0);
  CHECK(store.loaded.last_sequence == 0);
  CHECK(store.loaded.pending.empty());
  auto batch = store.batch();
  batch.events = {new_event(1, {"chat", "oncall"}), new_event(2),
                  new_event(1, {"chat"}, "gateway")};
  const auto report = store.commit(batch);
  CHECK(report.last_sequence == 3);
  CHECK(shown(report.deliveries) == "1chat 1oncall 3chat ");
  for (const auto& [delivery, stored] : report.deliveries) {
    CHECK(stored->sequence == delivery.sequence);
    CHECK(parse_cloudevent(stored->json)->sequence == delivery.sequence);
    CHECK(delivery.created == batch.at);
    CHECK(delivery.next_attempt == batch.at);
    CHECK(delivery.state == DeliveryState::Pending);
  }
  CHECK(report.deliveries[0].event->json == with_sequence(batch.events[0].event.json, 1));

  store.restart();
  CHECK(store.loaded.last_sequence == 3);
  CHECK(store.loaded.pending.size() == 3);
  CHECK(store.loaded.pending[0].event->json == report.deliveries[0].event->json);
  CHECK(store.loaded.pending[0].event->time == batch.events[0].event.time);
  std::uint64_t counted = 0;
  for (const auto& count : store.loaded.event_counts) counted += count.count;
  CHECK(counted == 3);
}

void the_same_batch_counts_once(const OpenStore& open) {
  Opened store{open};
  auto first = store.batch();
  first.events = {new_event(1, {"oncall"})};
  first.states.emplace_back("internlm", EndpointState{.events_made = 1});
  const auto report = store.commit(first);
  const auto again = store.commit(first);
  CHECK(again.last_sequence == 1);
  auto second = store.batch();
  second.events = {new_event(2)};
  CHECK(store.commit(second).last_sequence == 2);
  store.restart();
  CHECK(store.loaded.pending.size() == 1);
  CHECK(store.loaded.event_counts.at(0).count == 2);
}

void deliveries_end(const OpenStore& open) {
  Opened store{open};
  auto batch = store.batch();
  batch.events = {new_event(1, {"a"}), new_event(2, {"a"}), new_event(3, {"a"}),
                  new_event(4, {"a"})};
  auto made = store.commit(batch).deliveries;
  REQUIRE(made.size() == 4);
  made[0].delivery.state = DeliveryState::Delivered;
  made[1].delivery.state = DeliveryState::Dead;
  made[1].delivery.last_error = "status 410";
  made[2].delivery.attempts = 3;
  made[2].delivery.next_attempt = kStart + 90min;
  made[2].delivery.last_error = "status 503";
  auto verdicts = store.batch();
  for (int i = 0; i < 3; ++i) verdicts.deliveries.push_back(made[i].delivery);
  verdicts.dropped = {{4, "a"}};
  store.commit(verdicts);
  store.restart();
  REQUIRE(store.loaded.pending.size() == 1);
  const auto& waiting = store.loaded.pending[0].delivery;
  CHECK(waiting.sequence == 3);
  CHECK(waiting.attempts == 3);
  CHECK(waiting.created == batch.at);
  CHECK(waiting.next_attempt == kStart + 90min);
  CHECK(waiting.last_error == "status 503");
  CHECK(store.loaded.dead_letters == std::map<std::string, std::uint64_t>{{"a", 1}});

  // Of two changes in one batch the last counts.
  auto both = store.batch();
  made[2].delivery.attempts = 4;
  both.deliveries = {made[2].delivery};
  made[2].delivery.state = DeliveryState::Delivered;
  both.deliveries.push_back(made[2].delivery);
  store.commit(both);
  store.restart();
  CHECK(store.loaded.pending.empty());

  auto retry = store.batch();
  made[1].delivery.state = DeliveryState::Pending;
  retry.deliveries = {made[1].delivery};
  store.commit(retry);
  store.restart();
  CHECK(shown(store.loaded.pending) == "2a ");
  CHECK(store.loaded.dead_letters.empty());
}

void what_is_known_is_kept(const OpenStore& open) {
  Opened store{open};
  EndpointState state{.has_baseline = true, .last_good = kStart, .ids = {"a"}, .events_made = 7};
  state.aliases["a"].sighting.known = {AliasStatus::Resolved, "x"};
  auto batch = store.batch();
  batch.states = {{"internlm", state}, {"gateway's", state}};
  batch.pins = {{.endpoint = "internlm", .alias = "a", .targets = {"x", "y"}, .approved = kStart}};
  batch.webhook_switches = {{.webhook = "w", .disabled = kStart, .reason = "gone", .address = -5}};
  batch.past = {{.endpoint = "internlm",
                 .seconds = {.up = 50s, .down = 10s, .unknown = 1s},
                 .until = kStart + 1min,
                 .hours = {{.from = kStart, .seconds = {.up = 50s}}},
                 .days = {}}};
  batch.reached = kStart;
  store.commit(batch);
  auto marks = store.batch();
  marks.good_marks = {{"internlm", kStart + 5min}};
  store.commit(marks);
  store.restart();
  const auto& loaded = store.loaded;
  REQUIRE(loaded.endpoints.size() == 2);
  CHECK(loaded.endpoints.at("gateway's") == state);
  CHECK(loaded.endpoints.at("internlm").last_good == kStart + 5min);
  CHECK(loaded.endpoints.at("internlm").aliases == state.aliases);
  CHECK(loaded.pins.at("internlm").at("a") == std::vector<std::string>{"x", "y"});
  REQUIRE(loaded.webhook_switches.size() == 1);
  CHECK(loaded.webhook_switches[0].disabled == kStart);
  CHECK(loaded.webhook_switches[0].reason == "gone");
  CHECK(loaded.webhook_switches[0].address == -5);
  REQUIRE(loaded.past.size() == 1);
  CHECK(loaded.past[0].seconds.down == 10s);
  CHECK(loaded.past[0].until == kStart + 1min);
  REQUIRE(loaded.past[0].hours.size() == 1);
  CHECK(loaded.reached == kStart);

  auto later = store.batch();
  later.states = {{"internlm", state}};
  later.pins = {{.endpoint = "internlm", .alias = "a", .targets = {}, .approved = kStart}};
  later.webhook_switches = {{.webhook = "w", .disabled = std::nullopt}};
  store.commit(later);
  store.restart();
  // An older mark does not touch a newer state.
  CHECK(store.loaded.endpoints.at("internlm").last_good == kStart);
  CHECK(store.loaded.pins["internlm"]["a"].empty());
  CHECK(store.loaded.webhook_switches.empty());
}

void old_events_go(const OpenStore& open) {
  Opened store{open};
  auto batch = store.batch();
  batch.events = {new_event(1, {"a"}), new_event(2, {"a"}), new_event(3, {"a"}), new_event(4)};
  auto made = store.commit(batch).deliveries;
  auto verdicts = store.batch();
  made[0].delivery.state = DeliveryState::Delivered;
  made[2].delivery.state = DeliveryState::Dead;
  verdicts.deliveries = {made[0].delivery, made[2].delivery};
  store.commit(verdicts);
  auto forget = store.batch();
  forget.forget_before = kStart + 1h;
  CHECK(store.commit(forget).forgotten_dead == std::map<std::string, std::uint64_t>{{"a", 1}});
  store.restart();
  // One that somebody is still to be told stays, and no number is given twice.
  CHECK(shown(store.loaded.pending) == "2a ");
  CHECK(store.loaded.dead_letters.empty());
  CHECK(store.loaded.last_sequence == 4);
  auto next = store.batch();
  next.events = {new_event(5)};
  CHECK(store.commit(next).last_sequence == 5);
}

}  // namespace

NewEvent new_event(std::uint64_t n, std::vector<std::string> webhooks,
                   const std::string& endpoint) {
  auto made = sample_event(EventType::AliasMoved, "test", kStart + std::chrono::seconds{n}, n);
  made.endpoint = endpoint;
  made.id = event_id(made.time, "test", endpoint, n);
  return {.event = {.id = made.id,
                    .type = made.type,
                    .endpoint = made.endpoint,
                    .alias = made.about(),
                    .time = made.time,
                    .json = to_cloudevent(made, "urn:test")},
          .ordinal = n,
          .webhooks = std::move(webhooks)};
}

void check_store_contract(const OpenStore& open) {
  SUBCASE("events are numbered as they become durable, and told to their webhooks") {
    numbers_rise(open);
  }
  SUBCASE("the same batch again counts once") {
    the_same_batch_counts_once(open);
  }
  SUBCASE("a delivery ends, waits, is dropped or begins anew") {
    deliveries_end(open);
  }
  SUBCASE("what is known of endpoints, pins, webhooks and the past is there after a restart") {
    what_is_known_is_kept(open);
  }
  SUBCASE("old events go, but none that somebody is still to be told") {
    old_events_go(open);
  }
}

}  // namespace modelvane::test
