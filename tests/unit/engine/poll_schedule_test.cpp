#include "daemon/engine/poll_schedule.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// Takes all that is due, in order.
std::vector<std::size_t> take_all(PollSchedule& schedule, Duration now) {
  std::vector<std::size_t> taken;
  while (const auto due = schedule.take(now)) taken.push_back(due->endpoint);
  return taken;
}

TEST_CASE("a host is its name and port, without what may be secret") {
  CHECK(host_of("https://API.Example.com:8443/v1/models?key=x") == "api.example.com:8443");
  CHECK(host_of("http://[::1]:80?key=a/b") == "[::1]:80");
}

TEST_CASE("what is due is taken in the order of its time, and not before") {
  PollSchedule schedule;
  schedule.add(0, 3s, "a");
  schedule.add(1, 1s, "b");
  schedule.add(2, 9s, "c");
  CHECK(schedule.next_due() == Duration{1s});
  CHECK(take_all(schedule, 5s) == std::vector<std::size_t>{1, 0});
  CHECK(schedule.next_due() == Duration{9s});
}

TEST_CASE("a busy host makes its own endpoints wait, and no others") {
  PollSchedule schedule;
  for (std::size_t i = 0; i < kPollsAtOncePerHost + 2; ++i) schedule.add(i, 1s, "busy");
  schedule.add(100, 2s, "free");
  auto taken = take_all(schedule, 5s);
  REQUIRE(taken.size() == kPollsAtOncePerHost + 1);
  CHECK(taken.back() == 100);
  CHECK_FALSE(schedule.next_due());
  schedule.release("busy");
  const auto next = schedule.take(7s);
  REQUIRE(next);
  CHECK(next->endpoint == kPollsAtOncePerHost);
  CHECK(next->due == Duration{1s});  // so that its lateness is seen
  CHECK_FALSE(schedule.take(7s));
}

TEST_CASE("endpoints that fail hold no more than their share of a host's places") {
  PollSchedule schedule;
  using enum PollSchedule::Standing;
  for (std::size_t i = 0; i < 16; ++i) schedule.add(i, 1s, "gateway", Failing);
  CHECK(take_all(schedule, 1s).size() == kFailingAtOncePerHost);
  schedule.add(16, 2s, "gateway", Good);
  CHECK(take_all(schedule, 2s) == std::vector<std::size_t>{16});
  schedule.release("gateway", Good);
  CHECK(take_all(schedule, 3s).empty());
  schedule.release("gateway", Failing);
  CHECK(take_all(schedule, 3s) == std::vector<std::size_t>{kFailingAtOncePerHost});
}

TEST_CASE("when a place is free, whoever waited longest takes it, failing or not") {
  PollSchedule schedule;
  using enum PollSchedule::Standing;
  for (std::size_t i = 0; i < kPollsAtOncePerHost; ++i) schedule.add(i, 1s, "host", Good);
  schedule.add(10, 2s, "host", Failing);
  schedule.add(11, 3s, "host", Good);
  CHECK(take_all(schedule, 3s).size() == kPollsAtOncePerHost);
  schedule.release("host", Good);
  schedule.release("host", Good);
  CHECK(take_all(schedule, 4s) == std::vector<std::size_t>{10, 11});
}

TEST_CASE("after a reload the polls that are still under way count for their hosts") {
  PollSchedule schedule;
  for (std::size_t i = 0; i < kPollsAtOncePerHost; ++i) schedule.add(i, 1s, "a");
  CHECK(take_all(schedule, 1s).size() == kPollsAtOncePerHost);
  schedule.clear();
  schedule.add(0, 1s, "a");
  CHECK_FALSE(schedule.take(1s));
  schedule.release("a");
  CHECK(schedule.take(1s));
}

}  // namespace
}  // namespace modelvane
