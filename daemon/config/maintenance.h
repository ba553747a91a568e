// Planned times in which endpoints may fail without anybody being told: once, or every week.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/text/time.h"
#include "daemon/text/time_zone.h"

namespace modelvane {

inline constexpr std::array<std::string_view, 7> kWeekdays{"mon", "tue", "wed", "thu",
                                                           "fri", "sat", "sun"};

struct OnceWindow {
  Time from{};
  Time to{};
  friend bool operator==(const OnceWindow&, const OnceWindow&) = default;
};

struct WeeklyWindow {
  std::array<bool, kWeekdays.size()> days{};  // on which it begins
  Duration from{0};                           // since local midnight
  Duration to{0};                             // not later than `from`: on the next day
  TimeZone zone;
  friend bool operator==(const WeeklyWindow&, const WeeklyWindow&) = default;
};

struct MaintenanceWindow {
  std::string name;
  std::vector<std::string> endpoints{"*"};  // globs over endpoint names
  std::variant<OnceWindow, WeeklyWindow> when;

  bool is_open(Time now) const;
  bool is_for(const std::string& endpoint) const;
  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;
};

}  // namespace modelvane
