#include "daemon/config/maintenance.h"

#include <algorithm>

#include "daemon/text/glob.h"

namespace modelvane {
namespace {

using std::chrono::days;

bool is_open(const OnceWindow& once, Time now) {
  return now >= once.from && now < once.to;
}

bool is_open(const WeeklyWindow& weekly, Time now) {
  const Time local = now + weekly.zone.offset_at(now);
  const auto midnight = std::chrono::floor<days>(local);
  const Duration clock = local - midnight;
  const auto begins_on = [&](std::chrono::sys_days day) {
    return weekly.days[std::chrono::weekday{day}.iso_encoding() - 1];
  };
  if (weekly.from < weekly.to)
    return begins_on(midnight) && clock >= weekly.from && clock < weekly.to;
  return (begins_on(midnight) && clock >= weekly.from) ||
         (begins_on(midnight - days{1}) && clock < weekly.to);
}

}  // namespace

bool MaintenanceWindow::is_open(Time now) const {
  return std::visit([&](const auto& times) { return modelvane::is_open(times, now); }, when);
}

bool MaintenanceWindow::is_for(const std::string& endpoint) const {
  return std::ranges::any_of(endpoints,
                             [&](const auto& glob) { return glob_matches(glob, endpoint); });
}

}  // namespace modelvane
