// The outbox by itself: who gives way to whom, at which pace, and how things end.
#include <doctest/doctest.h>

#include <deque>

#include "tests/unit/engine/outbox_desk.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_CASE("an event that is always refused lets its own subject pass after a while") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w", EventType::AliasMoved, "a");
  desk.add(2, "w", EventType::AliasMoved, "a");
  desk.add(3, "w", EventType::AliasMoved, "b");
  for (; desk.passed < 90s; desk.passed += 1s) {
    for (const auto& sent : desk.due()) {
      const bool is_poison = sent.events.front()->sequence == 1;
      desk.end(sent, is_poison ? VerdictClass::Busy : VerdictClass::Ok);
    }
  }
  CHECK(desk.last_states() ==
        std::map<std::uint64_t, DeliveryState>{{1, DeliveryState::Pending},
                                               {2, DeliveryState::Delivered},
                                               {3, DeliveryState::Delivered}});
}

TEST_CASE("events that have themselves to blame, however many, keep no other from a receiver") {
  Desk desk{{webhook("w", "cloudevents")}};
  constexpr std::uint64_t kPoison = 12;
  std::uint64_t next = 1;
  std::size_t taken = 0;
  bool works = true;
  const auto pass = [&](Duration span) {
    for (const Duration end = desk.passed + span; desk.passed < end; desk.passed += 1s) {
      for (const auto& sent : desk.due()) {
        const bool is_taken = works && sent.events.front()->sequence > kPoison;
        taken += is_taken;
        desk.end(sent, is_taken ? VerdictClass::Ok : VerdictClass::Busy);
      }
    }
  };
  const auto add = [&] {
    desk.add(next, "w", EventType::AliasMoved, fmt::format("a{}", next));
    ++next;
  };
  while (next <= kPoison) add();
  pass(6min);  // nothing but these: it seems broken
  for (int i = 0; i < 5; ++i) {
    add();
    pass(20s);
  }
  CHECK(taken == 5);
  CHECK(desk.outbox.view("w").status == WebhookStatus::Ok);
  works = false;
  for (int i = 0; i < 20; ++i) add();
  pass(10min);
  CHECK(taken == 5);
  works = true;
  pass(35s);
  CHECK(taken == 25);
}

TEST_CASE("a receiver that rejects an event is there, and is asked by another one soon") {
  Desk desk{{webhook("w", "cloudevents")}};
  for (std::uint64_t n = 1; n <= 6; ++n)
    desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
  for (; desk.passed < 5min; desk.passed += 1s) {
    for (const auto& sent : desk.due()) desk.end(sent, VerdictClass::Busy);
  }
  auto asked = desk.due();
  for (; asked.empty(); asked = desk.due()) desk.passed += 1s;
  REQUIRE(asked.size() == 1);
  desk.end(asked[0], VerdictClass::Payload);
  CHECK(desk.due().empty());
  desk.passed += 5s;
  CHECK(desk.due().size() == 1);
}

TEST_CASE("after a restart a receiver is asked soon, however long the wait was that is stored") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  const auto stored = desk.due().at(0).events.front();
  Desk after{{webhook("w", "cloudevents")}};
  after.outbox.add({.sequence = 1,
                    .webhook = "w",
                    .attempts = 8,
                    .created = kStart - 3h,
                    .next_attempt = kStart + 4h,
                    .last_error = "connection refused"},
                   stored, after.now());
  CHECK(after.due().empty());
  after.passed += kAskEvery;
  CHECK(after.due().size() == 1);
}

TEST_CASE("nothing expires beside a working receiver without one more attempt") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  desk.add(2, "w", EventType::AliasMoved, "b");
  desk.passed += 30h;  // the computer slept
  const auto sent = desk.due();
  REQUIRE(sent.size() == 2);
  desk.end(sent[0], VerdictClass::Ok);
  desk.end(sent[1], VerdictClass::Busy);
  CHECK(desk.last_states() == std::map<std::uint64_t, DeliveryState>{{1, DeliveryState::Delivered},
                                                                     {2, DeliveryState::Dead}});
}

TEST_CASE("what waits for a webhook that left the configuration expires") {
  auto gone = webhook("w", "cloudevents");
  gone.max_age = 1h;
  Desk desk{{gone}};
  desk.add(1, "w");
  desk.configure({});
  CHECK(desk.due().empty());
  desk.passed += 2h;
  CHECK(desk.due().empty());
  CHECK(desk.last_states() == std::map<std::uint64_t, DeliveryState>{{1, DeliveryState::Dead}});
}

TEST_CASE("a receiver of ten a second that is away and back gets 200 events in half a minute") {
  for (const auto wish : {std::optional<Duration>{1s}, std::optional<Duration>{}}) {
    CAPTURE(wish.has_value());
    Desk desk{{webhook("w", "cloudevents")}};
    for (std::uint64_t n = 1; n <= 200; ++n)
      desk.add(n, "w", EventType::AliasMoved, fmt::format("a{}", n));
    std::deque<Duration> taken;
    std::size_t delivered = 0;
    for (; delivered < 200 && desk.passed < 60s; desk.passed += 10ms) {
      for (const auto& sent : desk.due()) {
        while (!taken.empty() && desk.passed - taken.front() >= 1s) taken.pop_front();
        if (taken.size() < 10) {
          taken.push_back(desk.passed);
          ++delivered;
          desk.end(sent, VerdictClass::Ok);
        } else {
          desk.outbox.verdict(sent.key,
                              {.kind = VerdictClass::Busy,
                               .sentence = "429",
                               .retry_after = wish,
                               .is_limit = true,
                               .throttled = true},
                              1ms, desk.now());
        }
      }
    }
    CHECK(delivered == 200);
    CHECK(desk.passed < 40s);
  }
}

TEST_CASE("endpoints take turns, however many events one of them has") {
  Desk desk{{webhook("w", "cloudevents"), webhook("chat", "slack")}};
  for (const auto* const to : {"w", "chat"}) {
    for (std::uint64_t n = 1; n <= 500; ++n)
      desk.add(n, to, EventType::AliasMoved, fmt::format("a{}", n), "flood");
    desk.add(501, to, EventType::AliasMoved, "a", "quiet");
  }
  for (const auto& sent : desk.due()) {
    if (sent.webhook->name == "chat") CHECK(sent.events.back()->endpoint == "quiet");
    if (sent.events.front()->sequence == 501) desk.end(sent, VerdictClass::Ok);
  }
  CHECK(desk.last_states().at(501) == DeliveryState::Delivered);
}

TEST_CASE("when the queue stays full, whoever has most of it gives way, and first who is away") {
  Desk desk{{webhook("away", "cloudevents"), webhook("works", "cloudevents")}};
  desk.add(1, "away");
  desk.end(desk.due().at(0), VerdictClass::Busy);
  for (std::uint64_t n = 2; n <= kOutboxMax / 2; ++n)
    desk.add(n, "away", EventType::AliasMoved, "a", n % 10 == 0 ? "quiet" : "flood");
  for (std::uint64_t n = 1; n <= kOutboxMax / 2 + 1; ++n)
    desk.add(n, "works", EventType::AliasMoved, "a");
  desk.outbox.take_changes();
  desk.due();
  CHECK(desk.outbox.take_changes().empty());
  desk.passed += kBurstLasts;
  desk.due();
  const auto gave_way = desk.outbox.take_changes();
  REQUIRE(gave_way.size() == 1);
  CHECK(gave_way.front().webhook == "away");
  CHECK(gave_way.front().sequence % 10 != 0);
  CHECK(gave_way.front().state == DeliveryState::Dead);
}

TEST_CASE("people are not told of the beginning of what is over") {
  for (const auto* const format : {"slack", "pagerduty"}) {
    Desk desk{{webhook("w", format)}};
    desk.add(1, "w", EventType::EndpointDown);
    desk.add(2, "w", EventType::EndpointUp);
    const auto sent = desk.due();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].events.size() == 1);
    CHECK(sent[0].events[0]->sequence == 2);
    CHECK(desk.last_states().at(1) == DeliveryState::Delivered);
  }
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w", EventType::EndpointDown);
  desk.add(2, "w", EventType::EndpointUp);
  CHECK(desk.send_all().size() == 2);
}

TEST_CASE("a living alert that is refused is posted again") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown);
  desk.end(desk.due().at(0), VerdictClass::Payload);
  CHECK(desk.outbox.view("am").pending == 1);
  desk.passed += 1min;
  CHECK(desk.due().size() == 1);
}

TEST_CASE("another address, key or format of a webhook makes everything due") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  desk.end(desk.due().at(0), VerdictClass::Config);
  CHECK(desk.outbox.is_in_trouble("w"));
  desk.outbox.note_address("w", 1, desk.now());
  CHECK(desk.due().empty());
  desk.outbox.note_address("w", 2, desk.now());
  CHECK(desk.due().size() == 1);
}

TEST_CASE("what found no room in a message goes with the next") {
  Desk desk{{webhook("chat", "slack")}};
  for (std::uint64_t n = 1; n <= 5; ++n)
    desk.add(n, "chat", EventType::AliasMoved, fmt::format("a{}", n % 2));
  const auto sent = desk.due();
  desk.outbox.keep_first(sent.at(0).key, 2);
  desk.end(sent.at(0), VerdictClass::Ok);
  CHECK(desk.last_states().size() == 2);
  const auto rest = desk.due();
  REQUIRE(rest.size() == 1);
  REQUIRE(rest[0].events.size() == 3);
  CHECK(rest[0].events[0]->sequence == 3);
}

}  // namespace
}  // namespace modelvane
