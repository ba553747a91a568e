// Endpoints that leave, at receivers that hold alerts.
#include <doctest/doctest.h>

#include "tests/unit/engine/outbox_desk.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

TEST_CASE("an endpoint that leaves ends its alerts at once, and those of others live on") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown, "", "old");
  desk.add(2, "am", EventType::EndpointDown, "", "new");
  CHECK(desk.send_all().size() == 2);
  desk.passed = 10s;
  desk.add(3, "am", EventType::EndpointUnwatched, "", "old");
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].events[0]->endpoint == "old");
  CHECK(sent[0].alert_ended == kStart + 10s);
  desk.end(sent[0], VerdictClass::Ok);
  // It is not posted in a hurry again and again.
  CHECK(desk.due().empty());
  for (desk.passed = 1min; desk.passed < 8min; desk.passed += 1min) desk.send_all();
  const auto states = desk.last_states();
  CHECK(states.at(1) == DeliveryState::Delivered);
  CHECK(states.at(2) == DeliveryState::Pending);
  CHECK(states.at(3) == DeliveryState::Delivered);
}

TEST_CASE("an alert that its endpoint's leaving ended stays ended after a restart") {
  Desk before{{webhook("am", "alertmanager")}};
  before.add(1, "am", EventType::EndpointDown, "", "old");
  before.send_all();
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown, "", "old");
  desk.add(3, "am", EventType::EndpointUnwatched, "", "old");
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].alert_ended == kStart);
}

TEST_CASE("an alert that begins after its endpoint came back is alive") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown, "", "old");
  desk.add(2, "am", EventType::EndpointUnwatched, "", "old");
  desk.add(3, "am", EventType::EndpointDown, "", "old");
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].events[0]->sequence == 3);
  CHECK_FALSE(sent[0].alert_ended.has_value());
}

TEST_CASE("an endpoint that leaves without an alert needs no post") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointUnwatched, "", "old");
  CHECK(desk.due().empty());
  desk.passed = 2s;
  CHECK(desk.due().empty());
  CHECK(desk.last_states().at(1) == DeliveryState::Delivered);
}

TEST_CASE("a reload that leaves an alert receiver as it is repeats no post that is under way") {
  Desk desk{{webhook("am", "alertmanager")}};
  desk.add(1, "am", EventType::EndpointDown, "", "old");
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  desk.configure({webhook("am", "alertmanager")});
  CHECK(desk.due().empty());
  desk.end(sent[0], VerdictClass::Ok);
  CHECK(desk.due().empty());
}
