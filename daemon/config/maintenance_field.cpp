#include "daemon/config/maintenance_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/config/spelling.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

// All are looked at every second.
constexpr std::size_t kWindowsMax = 100;

std::optional<Time> read_time(const Field& field) {
  constexpr std::string_view kWhat = "a time such as 2026-12-24T18:00:00Z";
  const auto text = field.text(kWhat);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time) field.fail(fmt::format("must be {}, not {}", kWhat, in_quotes(*text)));
  return time;
}

// "22:30"; "24:00" ends a day.
std::optional<Duration> read_clock(const Field& field) {
  constexpr std::string_view kWhat = "a time of day in quotes, such as \"22:00\"";
  const auto text = field.text(kWhat);
  if (!text) return std::nullopt;
  const auto number = [&](std::size_t at) {
    unsigned value = 100;
    const auto* begin = text->data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 2, value);
    return error == std::errc{} && end == begin + 2 ? value : 100U;
  };
  const bool has_shape = text->size() == 5 && (*text)[2] == ':';
  const unsigned hour = has_shape ? number(0) : 100;
  const unsigned minute = has_shape ? number(3) : 100;
  if (hour > 24 || minute > 59 || (hour == 24 && minute != 0)) {
    field.fail(fmt::format("must be {}, not {}", kWhat, in_quotes(*text)));
    return std::nullopt;
  }
  return std::chrono::hours{hour} + std::chrono::minutes{minute};
}

void read_days(const Field& field, WeeklyWindow& weekly) {
  const auto items = field.list("days, such as [sat, sun]");
  if (!items) return;
  if (items->empty()) field.fail("must name at least one day");
  for (const auto& item : *items) {
    const auto day = item.choice(kWeekdays);
    if (day)
      weekly
          .days[static_cast<std::size_t>(std::ranges::find(kWeekdays, *day) - kWeekdays.begin())] =
          true;
  }
}

WeeklyWindow read_weekly(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"days"}, std::string_view{"from"},
                                    std::string_view{"to"}};
  WeeklyWindow weekly;
  const auto fields = field.fields(kKeys);
  if (!fields) return weekly;
  if (const auto* days_field = fields->find("days")) {
    read_days(*days_field, weekly);
  } else {
    weekly.days.fill(true);
  }
  const auto* from_field = fields->need("from", "write when it begins, such as from: \"22:00\"");
  const auto* to_field = fields->need("to", "write when it ends, such as to: \"02:00\"");
  const auto from = from_field != nullptr ? read_clock(*from_field) : std::nullopt;
  const auto to = to_field != nullptr ? read_clock(*to_field) : std::nullopt;
  if (!from || !to) return weekly;
  if (*from == *to)
    field.fail(
        "must end at another time than it begins; a whole day is from \"00:00\" to \"24:00\"");
  weekly.from = *from;
  weekly.to = *to;
  return weekly;
}

void read_once(const Fields& fields, MaintenanceWindow& window) {
  const auto* from_field = fields.need("from", "write when it begins, or weekly: {...}");
  const auto* to_field = fields.need("to", "write when it ends, or weekly: {...}");
  const auto from = from_field != nullptr ? read_time(*from_field) : std::nullopt;
  const auto to = to_field != nullptr ? read_time(*to_field) : std::nullopt;
  window.when = OnceWindow{};
  if (!from || !to) return;
  if (*to <= *from) to_field->fail("must be later than from");
  window.when = OnceWindow{*from, *to};
}

void read_endpoints(const Field& field, const Names& endpoint_names, MaintenanceWindow& window) {
  const auto items = field.list("names or globs of endpoints, such as [internlm, \"test-*\"]");
  if (!items) return;
  window.endpoints.clear();
  for (const auto& item : *items) {
    auto glob = item.text("a name or glob");
    if (!glob) continue;
    const auto names = endpoint_names.all();
    if (endpoint_names.is_complete() && std::ranges::none_of(names, [&](std::string_view name) {
          return glob_matches(*glob, name);
        }))
      item.fail(fmt::format("no endpoint is called {}", in_quotes(*glob)));
    window.endpoints.push_back(std::move(*glob));
  }
}

MaintenanceWindow read_window(const Field& field, const Names& endpoint_names, Names& names) {
  static constexpr std::array kKeys{std::string_view{"name"},   std::string_view{"endpoints"},
                                    std::string_view{"from"},   std::string_view{"to"},
                                    std::string_view{"weekly"}, std::string_view{"time_zone"}};
  MaintenanceWindow window;
  const auto fields = field.fields(kKeys);
  if (!fields) return window;
  if (const auto* name = fields->need("name", "give each window a name: the page shows it")) {
    window.name = name->text("a name").value_or("");
    if (!window.name.empty()) names.claim(*name, window.name, field.path());
  }
  if (const auto* endpoints = fields->find("endpoints"))
    read_endpoints(*endpoints, endpoint_names, window);
  const auto* zone = fields->find("time_zone");
  const auto* weekly = fields->find("weekly");
  if (weekly == nullptr) {
    if (zone != nullptr) zone->fail("is for weekly windows: from and to name their offset");
    read_once(*fields, window);
    return window;
  }
  for (const auto* key : {"from", "to"}) {
    if (const auto* one = fields->find(key)) one->fail("stands in weekly, or weekly is left out");
  }
  auto times = read_weekly(*weekly);
  if (zone != nullptr) {
    const auto text = zone->text("a name such as Europe/Berlin");
    auto loaded = text ? TimeZone::load(*text) : TimeZone{};
    if (loaded) {
      times.zone = std::move(*loaded);
    } else {
      zone->fail(loaded.error());
    }
  }
  window.when = std::move(times);
  return window;
}

}  // namespace

std::vector<MaintenanceWindow> read_maintenance(const Field& field, const Names& endpoint_names) {
  std::vector<MaintenanceWindow> windows;
  const auto items = field.list("maintenance windows");
  if (!items) return windows;
  if (items->size() > kWindowsMax) {
    field.fail(fmt::format("must have at most {} windows, not {}", kWindowsMax, items->size()));
    return windows;
  }
  Names names;
  for (const auto& item : *items) windows.push_back(read_window(item, endpoint_names, names));
  return windows;
}

}  // namespace modelvane
