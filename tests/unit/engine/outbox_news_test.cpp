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
