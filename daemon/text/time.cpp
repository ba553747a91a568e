#include "daemon/text/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace modelvane {
namespace {

using namespace std::chrono;

struct Unit {
  std::string_view name;
  Duration length;
};

// Prometheus' units and their lengths, largest first; a year is 365 days there, too.
constexpr std::array kUnits{
    Unit{"y", hours{24 * 365}},  Unit{"w", hours{24 * 7}}, Unit{"d", hours{24}},
    Unit{"h", hours{1}},         Unit{"m", minutes{1}},    Unit{"s", seconds{1}},
    Unit{"ms", milliseconds{1}},
};

// Longer spans would overflow microseconds; nobody means 1,000 years.
constexpr Duration kSpanMax = hours{24 * 365 * 1000};

// Reads exactly `digits` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto front = text.substr(0, digits);
  const auto [end, error] = std::from_chars(front.begin(), front.end(), value);
  if (error != std::errc{} || end != front.end() || front.front() == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto y = take_digits(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<Duration> take_clock(std::string_view& text) {
  const auto h = take_digits(text, 2);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !take(text, ':')) return std::nullopt;
  const auto s = take_digits(text, 2);
  if (!s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  Duration clock = hours{*h} + minutes{*m} + seconds{*s};
  if (!take(text, '.')) return clock;
  Duration digit_worth = milliseconds{100};
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
       ++digits, text.remove_prefix(1)) {
    clock += digit_worth * (text.front() - '0');
    digit_worth /= 10;
  }
  if (digits == 0) return std::nullopt;
  return clock;
}

std::optional<Duration> take_offset(std::string_view text) {
  if (text == "Z" || text == "z") return Duration{0};
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return std::nullopt;
  const auto h = take_digits(text, 2);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !text.empty() || *h > 23 || *m > 59) return std::nullopt;
  const Duration offset = hours{*h} + minutes{*m};
  return west ? -offset : offset;
}

std::optional<int> month_number(std::string_view name) {
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kMonths.begin(), kMonths.end(), name);
  return found == kMonths.end() ? std::nullopt
                                : std::optional{static_cast<int>(found - kMonths.begin()) + 1};
}

// The parts of an HTTP date: "2026", "Nov", "22" and "10:00:30".
std::optional<Time> time_of(std::string_view year, std::string_view month_name,
                            std::string_view day, std::string_view clock) {
  const auto month = month_number(month_name);
  if (!month) return std::nullopt;
  return parse_rfc3339(fmt::format("{}-{:02}-{}T{}Z", year, *month, day, clock));
}

}  // namespace

std::string to_rfc3339(Time time) {
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{floor<milliseconds>(time - midnight)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto date = take_date(text);
  if (!date) return std::nullopt;
  if (text.empty()) return Time{*date};
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset) return std::nullopt;
  return Time{*date} + *clock - *offset;
}

std::optional<Time> parse_http_date(std::string_view text) {
  // IMF-fixdate, RFC 850's form and asctime()'s (RFC 9110, 5.6.7): all three must be understood.
  if (text.size() == 29 && text.substr(3, 2) == ", " && text.substr(25) == " GMT")
    return time_of(text.substr(12, 4), text.substr(8, 3), text.substr(5, 2), text.substr(17, 8));
  if (text.size() == 24 && text[3] == ' ' && text[7] == ' ' && text[19] == ' ') {
    std::string day{text.substr(8, 2)};
    if (day.front() == ' ') day.front() = '0';
    return time_of(text.substr(20, 4), text.substr(4, 3), day, text.substr(11, 8));
  }
  const auto comma = text.find(", ");
  const auto date = comma == std::string_view::npos ? "" : text.substr(comma + 2);
  if (date.size() != 22 || date[2] != '-' || date[6] != '-' || date.substr(18) != " GMT")
    return std::nullopt;
  // Two digits of a year: as POSIX reads them.
  const std::string year = (date[7] < '7' ? "20" : "19") + std::string{date.substr(7, 2)};
  return time_of(year, date.substr(3, 3), date.substr(0, 2), date.substr(10, 8));
}

std::string to_text(Duration span) {
  std::string text = span < Duration{0} ? "-" : "";
  Duration rest = abs(span);
  for (const auto& unit : kUnits) {
    // Years and weeks are read but not written: "400d" and "90d" are what people say.
    if (unit.name == "y" || unit.name == "w") continue;
    const auto count = rest / unit.length;
    if (count == 0) continue;
    text += fmt::format("{}{}", count, unit.name);
    rest -= count * unit.length;
  }
  return text.empty() || text == "-" ? "0s" : text;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  Duration total{0};
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto letters = std::min(text.size(), text.find_first_of("0123456789"));
    const auto unit_name = text.substr(0, letters);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != unit_name) ++next_unit;
    if (next_unit == kUnits.size()) return std::nullopt;
    const auto length = kUnits[next_unit++].length;
    if (count > kSpanMax / length) return std::nullopt;
    total += count * length;
    text.remove_prefix(letters);
  }
  return total <= kSpanMax ? std::optional{total} : std::nullopt;
}

}  // namespace modelvane
