// The outbox by itself: what leaves when, and what becomes of it.
#include <doctest/doctest.h>

#include "tests/unit/engine/outbox_desk.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;
using namespace test;

using Sizes = std::vector<std::size_t>;

TEST_CASE("what is due at once goes into one message for people, and one by one to machines") {
  Desk desk{{webhook("chat", "slack"), webhook("machine", "cloudevents")}};
  for (std::uint64_t n = 1; n <= 5; ++n) {
    desk.add(n, "chat", EventType::AliasMoved, fmt::format("a{}", n % 2));
    desk.add(n, "machine", EventType::AliasMoved, fmt::format("a{}", n));
  }
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1 + kLanesAtOnce);
  CHECK(sent[0].events.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(sent[0].events[i]->sequence == i + 1);
  desk.end(sent[0], VerdictClass::Ok);
  CHECK(desk.last_states().size() == 5);
  CHECK(desk.outbox.view("chat").pending == 0);
}

TEST_CASE("a message never carries more than its format allows, and the rest follows") {
  Desk desk{{webhook("chat", "slack")}};
  const auto most = find_format("slack")->events_max;
  for (std::uint64_t n = 1; n <= most + 3; ++n)
    desk.add(n, "chat", EventType::AliasMoved, fmt::format("a{}", n));
  CHECK(desk.send_all() == Sizes{most, 3});
}

TEST_CASE("a verdict on a message counts for each event in it") {
  Desk desk{{webhook("chat", "slack")}};
  for (std::uint64_t n = 1; n <= 3; ++n)
    desk.add(n, "chat", EventType::AliasMoved, fmt::format("a{}", n));
  desk.end(desk.due().at(0), VerdictClass::Busy);
  const auto changes = desk.outbox.take_changes();
  REQUIRE(changes.size() == 3);
  for (const auto& change : changes) {
    CHECK(change.attempts == 1);
    CHECK(change.last_error == "no");
    CHECK(change.next_attempt == changes[0].next_attempt);
  }
  desk.passed += 1min;
  CHECK(desk.send_all() == Sizes{3});
}

TEST_CASE("a mail that was put off for one recipient is made again for that one alone") {
  Desk desk{{webhook("mail", "email")}};
  for (std::uint64_t n = 1; n <= 2; ++n) desk.add(n, "mail", EventType::AliasMoved, "same");
  const auto first = desk.due();
  REQUIRE(first.size() == 1);
  CHECK(first[0].only_to.empty());
  desk.outbox.verdict(first[0].key,
                      {.kind = VerdictClass::Ok,
                       .sentence = "later for anna@example.com",
                       .retry_after = std::nullopt,
                       .deferred = {"anna@example.com"}},
                      1ms, desk.now());
  CHECK(desk.outbox.view("mail").status == WebhookStatus::Ok);
  for (const auto& change : desk.outbox.take_changes()) {
    CHECK(change.state == DeliveryState::Pending);
    CHECK(change.last_error == "later for anna@example.com");
  }
  // Nobody waits for it, not even what is told of the same alias.
  desk.add(3, "mail", EventType::AliasMoved, "same");
  const auto next = desk.due();
  REQUIRE(next.size() == 1);
  CHECK(next[0].events.size() == 1);
  CHECK(next[0].only_to.empty());
  desk.end(next[0], VerdictClass::Ok);

  desk.passed = 1min;
  desk.add(4, "mail", EventType::AliasMoved, "same");
  const auto again = desk.due();
  REQUIRE(again.size() == 1);
  CHECK(again[0].only_to == std::vector<std::string>{"anna@example.com"});
  CHECK(again[0].events.size() == 2);
  desk.end(again[0], VerdictClass::Ok);
  CHECK(desk.send_all() == Sizes{1});
  const auto states = desk.last_states();
  for (std::uint64_t n = 1; n <= 4; ++n) CHECK(states.at(n) == DeliveryState::Delivered);
}

TEST_CASE(
    "a message that is refused is taken apart, so that one bad event costs the others nothing") {
  Desk desk{{webhook("chat", "slack")}};
  for (std::uint64_t n = 1; n <= 3; ++n)
    desk.add(n, "chat", EventType::AliasMoved, fmt::format("a{}", n));
  desk.end(desk.due().at(0), VerdictClass::Payload);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto sent = desk.due();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].events.size() == 1);
    desk.end(sent[0], n == 2 ? VerdictClass::Payload : VerdictClass::Ok);
    desk.passed += 5s;
  }
  const auto states = desk.last_states();
  CHECK(states.at(1) == DeliveryState::Delivered);
  CHECK(states.at(2) == DeliveryState::Dead);
  CHECK(states.at(3) == DeliveryState::Delivered);
}

TEST_CASE("a rate limit lets its burst pass and then one message after the other") {
  auto config = webhook("w", "cloudevents");
  config.rate_limit = {.burst = 2, .per_second = 0.5};
  Desk desk{{config}};
  for (std::uint64_t n = 1; n <= 4; ++n)
    desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
  CHECK(desk.send_all() == Sizes{1, 1});
  REQUIRE(desk.outbox.next_due());
  CHECK(*desk.outbox.next_due() - desk.now().steady <= 2s + 1ms);
  desk.passed += 1s;
  CHECK(desk.send_all().empty());
  desk.passed = *desk.outbox.next_due() - 1h;
  CHECK(desk.send_all() == Sizes{1});
  desk.passed += 1h;
  CHECK(desk.send_all() == Sizes{1});
}

TEST_CASE(
    "a webhook that wants no more events is switched off with its events, and another URL switches "
    "it on") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w", EventType::AliasMoved, "a");
  desk.end(desk.due().at(0), VerdictClass::Gone);
  desk.add(2, "w", EventType::AliasMoved, "b");
  desk.passed += 1h;
  CHECK(desk.due().empty());
  CHECK_FALSE(desk.outbox.next_due());
  CHECK(desk.outbox.view("w").status == WebhookStatus::Disabled);
  CHECK(desk.outbox.view("w").pending == 2);
  const auto off = desk.outbox.take_switches();
  REQUIRE(off.size() == 1);
  CHECK(off[0].disabled == kStart);
  CHECK(off[0].reason == "no");

  SUBCASE("the same config changes nothing") {
    desk.configure({webhook("w", "cloudevents")});
    CHECK(desk.due().empty());
  }
  SUBCASE("another URL in the config") {
    desk.configure({webhook("w", "cloudevents")}, 2);
    CHECK(desk.send_all().size() == 2);
    CHECK_FALSE(desk.outbox.take_switches().at(0).disabled);
  }
  SUBCASE("an operator") {
    desk.outbox.switch_on("w", desk.now());
    CHECK(desk.send_all().size() == 2);
    CHECK(desk.outbox.view("w").status == WebhookStatus::Ok);
  }
  SUBCASE("a restart keeps it off, unless the URL changed meanwhile") {
    for (const std::int64_t address : {1, 2}) {
      Desk next{{webhook("w", "cloudevents")}};
      next.configure({webhook("w", "cloudevents")}, address);
      next.outbox.restore({}, {}, off, next.now());
      next.add(1, "w");
      CHECK(next.due().size() == (address == 1 ? 0 : 1));
    }
  }
  SUBCASE("what expires meanwhile becomes a dead letter and can be sent again") {
    desk.passed += 25h;
    CHECK(desk.due().empty());
    CHECK(desk.outbox.view("w").dead_letters == 2);
  }
}

TEST_CASE("the status tells what an operator has to do") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  CHECK(desk.outbox.view("w").status == WebhookStatus::Ok);
  desk.end(desk.due().at(0), VerdictClass::Busy);
  CHECK(desk.outbox.view("w").status == WebhookStatus::Failing);
  desk.passed += 1h;
  desk.end(desk.due().at(0), VerdictClass::Config);
  CHECK(desk.outbox.view("w").status == WebhookStatus::Misconfigured);
  desk.passed += 1h;
  desk.end(desk.due().at(0), VerdictClass::Ok);
  CHECK(desk.outbox.view("w").status == WebhookStatus::Ok);
}

// ---- two healths
// -------------------------------------------------------------------------------------------------

// For so long, a second at a time: every request ends as its oldest event deserves.
template <typename KindOf>
std::map<std::uint64_t, int> run(Desk& desk, Duration span, KindOf kind_of) {
  std::map<std::uint64_t, int> attempts;
  for (Duration end = desk.passed + span; desk.passed < end; desk.passed += 1s) {
    for (auto batch = desk.due(); !batch.empty(); batch = desk.due()) {
      for (const auto& sent : batch) {
        auto kind = VerdictClass::Ok;
        for (const auto& event : sent.events) {
          ++attempts[event->sequence];
          if (kind == VerdictClass::Ok) kind = kind_of(event->sequence);
        }
        desk.end(sent, kind);
      }
    }
  }
  return attempts;
}

VerdictClass always_busy(std::uint64_t) {
  return VerdictClass::Busy;
}

TEST_CASE("a receiver that was away for hours is found back within half a minute") {
  for (const auto* format : {"cloudevents", "slack"}) {
    CAPTURE(format);
    Desk desk{{webhook("w", format)}};
    for (std::uint64_t n = 1; n <= 8; ++n)
      desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
    int asked = 0;
    for (const auto& [sequence, attempts] : run(desk, 5h, always_busy)) asked += attempts;
    CHECK(asked >= 5 * 120 - 10);
    CHECK(asked <= 5 * 120 + 40);
    run(desk, 32s, [](std::uint64_t) { return VerdictClass::Ok; });
    CHECK(desk.outbox.view("w").pending == 0);
  }
}

TEST_CASE("an event that its receiver always chokes on keeps no other from it") {
  for (const auto* format : {"cloudevents", "slack"}) {
    CAPTURE(format);
    Desk desk{{webhook("w", format)}};
    for (std::uint64_t n = 1; n <= 6; ++n)
      desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
    run(desk, 10min, always_busy);
    const auto poison = [](std::uint64_t n) {
      return n == 1 ? VerdictClass::Busy : VerdictClass::Ok;
    };
    run(desk, 2min, poison);
    CHECK(desk.outbox.view("w").pending == 1);
    int attempts = 0;
    for (std::uint64_t n = 7; n <= 66; ++n) {
      desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
      attempts += run(desk, 10s, poison)[1];
      CHECK(desk.outbox.view("w").pending == 1);
    }
    CHECK(attempts < 30);
  }
}

TEST_CASE("a webhook that is wrongly configured is asked every hour") {
  Desk desk{{webhook("w", "cloudevents")}};
  for (std::uint64_t n = 1; n <= 6; ++n)
    desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
  run(desk, 12h, [](std::uint64_t) { return VerdictClass::Config; });
  int asked = 0;
  for (const auto& [sequence, attempts] :
       run(desk, 10h, [](std::uint64_t) { return VerdictClass::Config; }))
    asked += attempts;
  CHECK(asked >= 9);
  CHECK(asked <= 12);
  SUBCASE("news asks sooner, and its success releases the rest") {
    desk.add(7, "w", EventType::AliasMoved, "news");
    run(desk, 31s, [](std::uint64_t) { return VerdictClass::Ok; });
    CHECK(desk.outbox.view("w").pending == 0);
  }
  SUBCASE("another URL is tried at once") {
    desk.configure({webhook("w", "cloudevents")}, 2);
    run(desk, 2s, [](std::uint64_t) { return VerdictClass::Ok; });
    CHECK(desk.outbox.view("w").pending == 0);
  }
}

TEST_CASE("a receiver that asks for a second's rest gets that, however often it asked before") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  const Verdict rest{.kind = VerdictClass::Busy, .sentence = "rest", .retry_after = 1s};
  for (int i = 0; i < 20; ++i) {
    const auto sent = desk.due();
    REQUIRE(sent.size() == 1);
    desk.outbox.verdict(sent[0].key, rest, 1ms, desk.now());
    CHECK(desk.due().empty());
    desk.passed += 1200ms;
  }
}

// ---- alerts
// -------------------------------------------------------------------------------------------------

TEST_CASE(
    "an alert is posted every minute until it ends, as resolved for five minutes more, and only "
    "then delivered") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::AliasMoved, "a");
  std::size_t posts = desk.send_all().size();
  CHECK(posts == 1);
  CHECK(desk.last_states().at(1) == DeliveryState::Pending);
  CHECK(desk.outbox.view("am").delivered == 1);
  CHECK(desk.outbox.view("am").pending == 0);
  while (desk.passed < 64min) {
    desk.passed += 1min;
    posts += desk.send_all().size();
  }
  CHECK(posts == 65);
  CHECK(desk.outbox.take_changes().empty());
  desk.passed += 1min;
  CHECK(desk.send_all().size() == 1);
  CHECK(desk.last_states().at(1) == DeliveryState::Delivered);
  CHECK_FALSE(desk.outbox.next_due());
}

TEST_CASE("the event that ends an alert takes the place of the one that began it") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  desk.send_all();
  desk.passed += 48h;
  CHECK(desk.send_all().size() == 1);
  desk.add(2, "am", EventType::EndpointUp);
  CHECK(desk.last_states().at(1) == DeliveryState::Delivered);
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].events[0]->sequence == 2);
  desk.end(sent[0], VerdictClass::Ok);
  for (int i = 0; i < 5; ++i) {
    desk.passed += 1min;
    desk.send_all();
  }
  CHECK(desk.last_states().at(2) == DeliveryState::Delivered);
  CHECK_FALSE(desk.outbox.next_due());
}

TEST_CASE(
    "an event that comes while its alert is being posted waits for the verdict and then takes its "
    "place") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  const auto down = desk.due();
  desk.add(2, "am", EventType::EndpointUp);
  CHECK(desk.due().empty());
  desk.end(down.at(0), VerdictClass::Busy);
  CHECK(desk.last_states().at(1) == DeliveryState::Delivered);
  CHECK(desk.due().at(0).events[0]->sequence == 2);
}

TEST_CASE(
    "an alert that is being posted while its webhook leaves the configuration waits for its "
    "return") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  const auto down = desk.due();
  desk.configure({});
  desk.end(down.at(0), VerdictClass::Busy);
  CHECK(desk.outbox.view("am").dead_letters == 0);
  desk.configure({webhook("am", "alertmanager")});
  desk.passed += 1min;
  CHECK(desk.send_all() == Sizes{1});
}

TEST_CASE(
    "a living alert does not expire, and after a restart it is posted at once and counts as held") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  desk.send_all();
  const auto row = desk.outbox.take_changes().at(0);
  Desk next{{webhook("am", "alertmanager")}};
  next.passed = 300h;
  Event event = sample_event(EventType::EndpointDown, "test", kStart, 1);
  next.outbox.restore(
      {{row, std::make_shared<StoredEvent>(StoredEvent{.sequence = 1,
                                                       .id = event.id,
                                                       .type = event.type,
                                                       .json = to_cloudevent(event, "urn:test")})}},
      {}, {}, next.now());
  CHECK(next.outbox.view("am").pending == 0);
  CHECK(next.send_all().size() == 1);
  CHECK(next.outbox.view("am").dead_letters == 0);
}

TEST_CASE("a living alert is posted again within a minute, whatever befell it and others before") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  desk.add(2, "am", EventType::AliasPinBroken, "a");
  for (int i = 0; i < 120; ++i) {
    desk.passed += 1min;
    desk.send_all();
  }
  desk.passed += 1min;
  desk.send_all(VerdictClass::Busy);
  for (int i = 0; i < 120; ++i) {
    desk.passed += 1min;
    std::size_t carried = 0;
    for (const auto& sent : desk.due()) {
      carried += sent.events.size();
      desk.end(sent, i % 2 == 0 ? VerdictClass::Config : VerdictClass::Busy);
    }
    CHECK(carried == 2);
  }
}

// ---- operators
// -------------------------------------------------------------------------------------------------

TEST_CASE(
    "a dropped delivery is not sent, and one that is under way leaves no trace when it fails") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w", EventType::AliasMoved, "a");
  desk.add(2, "w", EventType::AliasMoved, "b");
  const auto sent = desk.due();
  desk.add(3, "w", EventType::AliasMoved, "a");
  desk.outbox.drop({1, "w"});
  desk.outbox.drop({3, "w"});
  desk.end(sent.at(0), VerdictClass::Busy);
  desk.end(sent.at(1), VerdictClass::Ok);
  CHECK(desk.last_states() ==
        std::map<std::uint64_t, DeliveryState>{{2, DeliveryState::Delivered}});
  desk.passed += 1h;
  CHECK(desk.due().empty());
}

TEST_CASE("a wall clock that is set ahead lets no delivery expire and no alert end") {
  for (const auto* format : {"cloudevents", "alertmanager"}) {
    CAPTURE(format);
    Desk desk{{webhook("hook", format)}};
    desk.add(1, "hook");
    desk.send_all(VerdictClass::Busy);
    desk.clock_is_ahead = 5 * 365 * 24h;
    desk.passed += 10s;
    CHECK(desk.send_all() == std::vector<std::size_t>{1});
    CHECK(desk.outbox.view("hook").dead_letters == 0);
    desk.passed += 1min;
    CHECK(desk.send_all().size() == (find_format(format)->is_state ? 1 : 0));
  }
}

TEST_CASE("a stored next attempt that a wrong clock put off for years is made within hours") {
  Desk desk{{webhook("hook", "cloudevents")}};
  desk.clock_is_ahead = 5 * 365 * 24h;
  desk.add(1, "hook");
  const auto changes = desk.outbox.take_changes();
  desk.send_all(VerdictClass::Busy);
  auto stored = desk.outbox.take_changes().at(0);
  Desk later{{webhook("hook", "cloudevents")}};
  later.outbox.add(std::move(stored), std::make_shared<StoredEvent>(), later.now());
  later.passed = 8h;
  CHECK(later.due().size() == 1);
}

TEST_CASE("a delivery that an operator wants now does not wait for its next attempt") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  for (int i = 0; i < 6; ++i) {
    desk.passed += 8h / 6;
    desk.end(desk.due().at(0), VerdictClass::Busy);
  }
  CHECK(desk.due().empty());
  CHECK(desk.outbox.hurry({1, "w"}, desk.now()));
  CHECK_FALSE(desk.outbox.hurry({2, "w"}, desk.now()));
  CHECK(desk.due().size() == 1);
}

}  // namespace
}  // namespace modelvane
