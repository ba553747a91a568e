// Local time of an IANA time zone ("Europe/Berlin"), read from the system's database (TZif,
// RFC 9636). A plain value: a zone that is renamed or updated counts from the next load() on.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane {

// What POSIX's TZ says of the years after the database's last entry: "CET-1CEST,M3.5.0,M10.5.0/3".
struct YearlyRule {
  struct Day {
    enum class Kind { WeekdayOfMonth, WithoutLeapDay, ZeroBased } kind = Kind::WeekdayOfMonth;
    int month = 0;
    int week = 0;                        // 5 = the last one
    int day = 0;                         // of the week from Sunday, or of the year
    Duration at{std::chrono::hours{2}};  // local
    friend bool operator==(const Day&, const Day&) = default;
  };
  Duration standard{0};  // local time less UTC
  Duration summer{0};
  std::optional<std::array<Day, 2>> change;  // to summer and back; none: always standard
  friend bool operator==(const YearlyRule&, const YearlyRule&) = default;
};

class TimeZone {
 public:
  TimeZone() = default;  // UTC
  // The error is a sentence: no such zone, or no database.
  static std::expected<TimeZone, std::string> load(const std::string& name);
  // nullopt: these bytes are no TZif.
  static std::optional<TimeZone> parse(std::string_view tzif);

  // Local time less UTC at that moment.
  Duration offset_at(Time at) const;
  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  struct Change {
    Time at{};
    Duration offset{0};  // from then on
    friend bool operator==(const Change&, const Change&) = default;
  };
  Duration first_{0};  // before all changes
  std::vector<Change> changes_;
  std::optional<YearlyRule> rest_;  // after the last one
};

// nullopt: the text is no such rule.
std::optional<YearlyRule> parse_yearly_rule(std::string_view text);
Duration offset_at(const YearlyRule& rule, Time at);

}  // namespace modelvane
