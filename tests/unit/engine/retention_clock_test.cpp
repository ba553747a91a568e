// By which clock history is deleted.
#include "daemon/engine/retention_clock.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

const Time kOpened = *parse_rfc3339("2026-11-22T10:00:00Z");
constexpr Duration kYears = 5 * 365 * 24h;

}  // namespace

TEST_CASE("a start with a clock that is years ahead is no reason to delete, once or many times") {
  RetentionClock clock;
  clock.open(kOpened, kOpened + kYears, 0s);
  CHECK(clock.at(kOpened + kYears, 0s) == kOpened);
  const Time reached = clock.reached(kOpened + kYears, 1min);
  CHECK(reached == kOpened + 24min);
  clock.open(reached, kOpened + kYears, 0s);
  CHECK(clock.at(kOpened + kYears, 0s) == reached);
}

TEST_CASE("a jump of the clock while it runs is caught up with by a day an hour") {
  RetentionClock clock;
  clock.open(kOpened, kOpened, 0s);
  CHECK(clock.at(kOpened + 1h, 1h) == kOpened + 1h);
  CHECK(clock.at(kOpened + kYears, 1h) == kOpened + 24h);
}

TEST_CASE("after an absence of a month retention is exact again within two days") {
  RetentionClock clock;
  clock.open(kOpened, kOpened + 30 * 24h, 0s);
  CHECK(clock.at(kOpened + 32 * 24h, 48h) == kOpened + 32 * 24h);
}

TEST_CASE("a clock that is behind deletes nothing more and takes nothing back") {
  RetentionClock clock;
  clock.open(kOpened, kOpened - kYears, 0s);
  CHECK(clock.at(kOpened - kYears, 1h) == kOpened - kYears);
  CHECK(clock.reached(kOpened - kYears, 1h) == kOpened);
}

TEST_CASE("a store without a time of its own begins with the wall's") {
  RetentionClock clock;
  clock.open(std::nullopt, kOpened, 0s);
  CHECK(clock.at(kOpened + 1h, 1h) == kOpened + 1h);
}

}  // namespace modelvane
