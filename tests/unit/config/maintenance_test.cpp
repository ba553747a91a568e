// When windows are open.
#include "daemon/config/maintenance.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

bool is_open(const MaintenanceWindow& window, std::string_view at) {
  return window.is_open(*parse_rfc3339(at));
}

}  // namespace

TEST_CASE("a window that comes once is open from its begin to its end") {
  const MaintenanceWindow window{.name = "w",
                                 .when = OnceWindow{*parse_rfc3339("2026-12-24T18:00:00Z"),
                                                    *parse_rfc3339("2026-12-25T06:00:00Z")}};
  CHECK_FALSE(is_open(window, "2026-12-24T17:59:59Z"));
  CHECK(is_open(window, "2026-12-24T18:00:00Z"));
  CHECK(is_open(window, "2026-12-25T05:59:59Z"));
  CHECK_FALSE(is_open(window, "2026-12-25T06:00:00Z"));
  CHECK(window.is_for("anything"));
}

TEST_CASE("a weekly window past midnight belongs to the day on which it begins, in local time") {
  WeeklyWindow weekly{.from = 22h, .to = 2h};
  weekly.days[4] = true;  // Friday
  MaintenanceWindow window{.name = "w", .endpoints = {"test-*"}, .when = weekly};
  CHECK(window.is_for("test-a"));
  CHECK_FALSE(window.is_for("internlm"));
  // 2026-11-27 is a Friday.
  CHECK_FALSE(is_open(window, "2026-11-27T01:00:00Z"));
  CHECK_FALSE(is_open(window, "2026-11-27T21:59:00Z"));
  CHECK(is_open(window, "2026-11-27T22:00:00Z"));
  CHECK(is_open(window, "2026-11-28T01:59:00Z"));
  CHECK_FALSE(is_open(window, "2026-11-28T02:00:00Z"));
  CHECK_FALSE(is_open(window, "2026-11-28T22:30:00Z"));
  if (auto zone = TimeZone::load("America/New_York")) {
    weekly.zone = *zone;
    window.when = weekly;
    CHECK_FALSE(is_open(window, "2026-11-27T22:30:00Z"));
    CHECK(is_open(window, "2026-11-28T03:30:00Z"));
  }
}

TEST_CASE("a weekly window within a day may fill it") {
  WeeklyWindow weekly{.from = 0h, .to = 24h};
  weekly.days[6] = true;  // Sunday
  const MaintenanceWindow window{.name = "w", .when = weekly};
  CHECK(is_open(window, "2026-11-29T00:00:00Z"));
  CHECK(is_open(window, "2026-11-29T23:59:59Z"));
  CHECK_FALSE(is_open(window, "2026-11-30T00:00:00Z"));
}

}  // namespace modelvane
