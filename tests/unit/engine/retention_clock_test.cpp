// By which clock history is deleted.
#include "daemon/engine/retention_clock.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

const Time kStart = *parse_rfc3339("2026-11-22T10:00:00Z");
constexpr Duration kYears = 5 * 365 * 24h;

}  // namespace

TEST_CASE("a start with a clock that is years ahead is no reason to delete, once or many times") {
  RetentionClock clock;
  clock.open(kStart, kStart + kYears, 0s);
  CHECK(clock.at(kStart + kYears, 0s) == kStart);
  const Time reached = clock.reached(kStart + kYears, 1min);
  CHECK(reached == kStart + 24min);
  clock.open(reached, kStart + kYears, 0s);
  CHECK(clock.at(kStart + kYears, 0s) == reached);
}

TEST_CASE("a jump of the clock while it runs is caught up with by a day an hour") {
  RetentionClock clock;
  clock.open(kStart, kStart, 0s);
  CHECK(clock.at(kStart + 1h, 1h) == kStart + 1h);
  CHECK(clock.at(kStart + kYears, 1h) == kStart + 24h);
}

TEST_CASE("after an absence of a month retention is exact again within two days") {
  RetentionClock clock;
  clock.open(kStart, kStart + 30 * 24h, 0s);
  CHECK(clock.at(kStart + 32 * 24h, 48h) == kStart + 32 * 24h);
}

TEST_CASE("a clock that is behind deletes nothing more and takes nothing back") {
  RetentionClock clock;
  clock.open(kStart, kStart - kYears, 0s);
  CHECK(clock.at(kStart - kYears, 1h) == kStart - kYears);
  CHECK(clock.reached(kStart - kYears, 1h) == kStart);
}

TEST_CASE("a store without a time of its own begins with the wall's") {
  RetentionClock clock;
  clock.open(std::nullopt, kStart, 0s);
  CHECK(clock.at(kStart + 1h, 1h) == kStart + 1h);
}

}  // namespace modelvane
