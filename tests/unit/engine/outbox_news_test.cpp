// What the other webhooks hear of one.
#include <doctest/doctest.h>

#include "tests/unit/engine/outbox_desk.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

// "fails w: why" or "works w".
std::vector<std::string> news(Desk& desk) {
  std::vector<std::string> lines;
  for (const auto& one : desk.outbox.take_news(desk.now()))
    lines.push_back(one.is_failing ? "fails " + one.webhook + ": " + one.sentence
                                   : "works " + one.webhook);
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a webhook that fails for ten minutes is told once, and once that it works again") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  desk.send_all(VerdictClass::Busy);
  CHECK(news(desk) == Lines{});
  for (desk.passed = 1min; desk.passed < 9min; desk.passed += 1min) {
    desk.send_all(VerdictClass::Busy);
    CHECK(news(desk) == Lines{});
  }
  desk.passed = 10min;
  CHECK(news(desk) == Lines{"fails w: no"});
  CHECK(news(desk) == Lines{});
  desk.passed = 20min;
  desk.send_all();
  CHECK(news(desk) == Lines{"works w"});
  CHECK(news(desk) == Lines{});
}

TEST_CASE("a webhook that a person must mend is told at once") {
  Desk desk{{webhook("w", "cloudevents"), webhook("v", "cloudevents")}};
  desk.add(1, "w");
  desk.send_all(VerdictClass::Config);
  CHECK(news(desk) == Lines{"fails w: no"});
  desk.add(2, "v");
  desk.send_all(VerdictClass::Gone);
  CHECK(news(desk) == Lines{"fails v: no"});
}

TEST_CASE("a mended webhook works again when its receiver has taken something, not before") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w");
  desk.send_all(VerdictClass::Config);
  CHECK(news(desk).size() == 1);
  desk.configure({webhook("w", "cloudevents")}, 2);
  CHECK(news(desk) == Lines{});
  desk.send_all();
  CHECK(news(desk) == Lines{"works w"});
}

TEST_CASE("trouble that was told before a restart ends after it, also for a webhook that is gone") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.outbox.restore_told({"gone", "w"}, desk.now());
  CHECK(news(desk) == Lines{"works gone"});
  desk.add(1, "w");
  desk.send_all();
  CHECK(news(desk) == Lines{"works w"});
}

TEST_CASE("a webhook that left the configuration is shown while deliveries wait or were given up") {
  Desk desk{{webhook("w", "cloudevents"), webhook("idle", "slack")}};
  desk.add(1, "w");
  desk.outbox.take_touched();
  desk.configure({});
  CHECK(desk.outbox.take_touched() == std::set<std::string>{"idle", "w"});
  CHECK_FALSE(desk.outbox.view("idle").is_shown());
  const auto waits = desk.outbox.view("w");
  CHECK(waits.status == WebhookStatus::Removed);
  CHECK(waits.pending == 1);
  CHECK(waits.is_shown());

  desk.passed = webhook("w", "cloudevents").max_age + 1s;
  CHECK(desk.due().empty());
  const auto expired = desk.outbox.view("w");
  CHECK(expired.pending == 0);
  CHECK(expired.dead_letters == 1);
  CHECK(expired.is_shown());
  desk.outbox.forget_dead("w", 1);
  CHECK_FALSE(desk.outbox.view("w").is_shown());

  desk.configure({webhook("w", "cloudevents")});
  CHECK(desk.outbox.view("w").status == WebhookStatus::Ok);
}

TEST_CASE("what waited for a webhook that is gone has its name after a restart, too") {
  Desk desk{{}};
  desk.add(1, "w");
  CHECK(desk.outbox.view("w").name == "w");
  CHECK(desk.outbox.view("w").status == WebhookStatus::Removed);
}

TEST_CASE("a newer heartbeat takes the place of one that waits") {
  Desk desk{{webhook("w", "cloudevents")}};
  desk.add(1, "w", EventType::DaemonHeartbeat);
  desk.send_all(VerdictClass::Busy);
  desk.add(2, "w", EventType::DaemonHeartbeat);
  desk.add(3, "w", EventType::DaemonHeartbeat);
  desk.passed = 1min;
  const auto sent = desk.due();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].events[0]->sequence == 3);
}
