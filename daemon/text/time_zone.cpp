#include "daemon/text/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace modelvane {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kDatabase = "/usr/share/zoneinfo";
// The largest zone has 4 kB.
constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kTypeBytes = 6;

// Reads numbers off the front of a text; once one is missing, nothing more is there.
struct Bytes {
  std::string_view left;
  bool is_whole = true;

  std::string_view take(std::size_t count) {
    if (count > left.size()) {
      is_whole = false;
      left = {};
      return {};
    }
    const auto taken = left.substr(0, count);
    left.remove_prefix(count);
    return taken;
  }
  // Big-endian with a sign.
  std::int64_t number(std::size_t bytes) {
    const auto text = take(bytes);
    if (text.empty()) return 0;
    std::uint64_t value = (static_cast<unsigned char>(text.front()) & 0x80U) != 0 ? ~0ULL : 0;
    for (const char byte : text) value = (value << 8U) | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }
  std::size_t count() {
    const auto value = number(4);
    if (value < 0) is_whole = false;
    return value < 0 ? 0 : static_cast<std::size_t>(value);
  }
};

struct Header {
  char version = 0;
  std::size_t universal = 0;
  std::size_t standard = 0;
  std::size_t leaps = 0;
  std::size_t changes = 0;
  std::size_t types = 0;
  std::size_t letters = 0;

  std::size_t block_bytes(std::size_t time_bytes) const {
    return changes * (time_bytes + 1) + types * kTypeBytes + letters + leaps * (time_bytes + 4) +
           standard + universal;
  }
};

std::optional<Header> read_header(Bytes& bytes) {
  const auto magic = bytes.take(4);
  const auto version = bytes.take(1);
  bytes.take(15);
  Header header;
  for (auto* count : {&header.universal, &header.standard, &header.leaps, &header.changes,
                      &header.types, &header.letters})
    *count = bytes.count();
  if (!bytes.is_whole || magic != "TZif" || header.types == 0) return std::nullopt;
  header.version = version.front();
  return header;
}

bool is_zone_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.front() != '.' &&
         name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '_' || c == '-' || c == '+';
         });
}

// ---- POSIX's TZ

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> digits(std::string_view& text, int max) {
  int value = 0;
  std::size_t length = 0;
  while (length < text.size() && length < 4 && text[length] >= '0' && text[length] <= '9')
    value = value * 10 + (text[length++] - '0');
  if (length == 0 || value > max) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

// "CET" or "<+03>"
bool skip_abbreviation(std::string_view& text) {
  if (skip(text, '<')) {
    const auto close = text.find('>');
    if (close == std::string_view::npos) return false;
    text.remove_prefix(close + 1);
    return true;
  }
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  const auto length = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(length);
  return length >= 3;
}

// "-1", "+5:30", "167": up to a week, as RFC 9636 allows.
std::optional<Duration> clock_time(std::string_view& text) {
  const bool is_negative = skip(text, '-');
  if (!is_negative) skip(text, '+');
  const auto hour = digits(text, 167);
  if (!hour) return std::nullopt;
  Duration span = hours{*hour};
  if (skip(text, ':')) {
    const auto minute = digits(text, 59);
    if (!minute) return std::nullopt;
    span += minutes{*minute};
  }
  if (skip(text, ':')) {
    const auto second = digits(text, 59);
    if (!second) return std::nullopt;
    span += seconds{*second};
  }
  return is_negative ? -span : span;
}

std::optional<YearlyRule::Day> change_day(std::string_view& text) {
  using Kind = YearlyRule::Day::Kind;
  YearlyRule::Day day;
  if (skip(text, 'M')) {
    const auto month = digits(text, 12);
    const auto week = month && skip(text, '.') ? digits(text, 5) : std::nullopt;
    const auto weekday = week && skip(text, '.') ? digits(text, 6) : std::nullopt;
    if (!weekday || *month < 1 || *week < 1) return std::nullopt;
    day = {.kind = Kind::WeekdayOfMonth, .month = *month, .week = *week, .day = *weekday};
  } else {
    day.kind = skip(text, 'J') ? Kind::WithoutLeapDay : Kind::ZeroBased;
    const auto number = digits(text, 365);
    if (!number) return std::nullopt;
    day.day = *number;
  }
  if (skip(text, '/')) {
    const auto at = clock_time(text);
    if (!at) return std::nullopt;
    day.at = *at;
  }
  return day;
}

// Local, as if it were UTC.
Time moment_in(std::chrono::year year, const YearlyRule::Day& day) {
  using Kind = YearlyRule::Day::Kind;
  const std::chrono::sys_days first{year / std::chrono::January / 1};
  std::chrono::sys_days date = first;
  if (day.kind == Kind::ZeroBased) {
    date += days{day.day};
  } else if (day.kind == Kind::WithoutLeapDay) {
    date += days{day.day - 1 + (year.is_leap() && day.day >= 60 ? 1 : 0)};
  } else {
    const std::chrono::month month{static_cast<unsigned>(day.month)};
    const std::chrono::weekday weekday{static_cast<unsigned>(day.day)};
    date = day.week == 5
               ? std::chrono::sys_days{year / month / weekday[std::chrono::last]}
               : std::chrono::sys_days{year / month / weekday[static_cast<unsigned>(day.week)]};
  }
  return Time{date} + day.at;
}

}  // namespace

std::optional<YearlyRule> parse_yearly_rule(std::string_view text) {
  YearlyRule rule;
  if (!skip_abbreviation(text)) return std::nullopt;
  const auto standard = clock_time(text);
  if (!standard) return std::nullopt;
  rule.standard = rule.summer = -*standard;  // POSIX counts westwards
  if (text.empty()) return rule;
  if (!skip_abbreviation(text)) return std::nullopt;
  rule.summer = rule.standard + hours{1};
  if (!text.starts_with(',')) {
    const auto summer = clock_time(text);
    if (!summer) return std::nullopt;
    rule.summer = -*summer;
  }
  std::array<YearlyRule::Day, 2> change;
  for (auto& day : change) {
    const auto read = skip(text, ',') ? change_day(text) : std::nullopt;
    if (!read) return std::nullopt;
    day = *read;
  }
  if (!text.empty()) return std::nullopt;
  rule.change = change;
  return rule;
}

Duration offset_at(const YearlyRule& rule, Time at) {
  if (!rule.change) return rule.standard;
  const std::chrono::year_month_day date{std::chrono::floor<days>(at + rule.standard)};
  const Time begin = moment_in(date.year(), rule.change->front()) - rule.standard;
  const Time end = moment_in(date.year(), rule.change->back()) - rule.summer;
  // In the south summer is what lies around the turn of the year.
  const bool is_summer = begin < end ? at >= begin && at < end : at >= begin || at < end;
  return is_summer ? rule.summer : rule.standard;
}

std::optional<TimeZone> TimeZone::parse(std::string_view tzif) {
  Bytes bytes{tzif};
  auto header = read_header(bytes);
  if (!header) return std::nullopt;
  std::size_t time_bytes = 4;
  if (header->version >= '2') {
    // The first block is for readers of the first version.
    bytes.take(header->block_bytes(time_bytes));
    header = read_header(bytes);
    if (!header) return std::nullopt;
    time_bytes = 8;
  }
  if (header->block_bytes(time_bytes) > bytes.left.size()) return std::nullopt;
  Bytes times{bytes.take(header->changes * time_bytes)};
  Bytes kinds{bytes.take(header->changes)};
  std::vector<Duration> offsets;
  for (std::size_t i = 0; i < header->types; ++i) {
    Bytes type{bytes.take(kTypeBytes)};
    offsets.emplace_back(seconds{type.number(4)});
  }
  bytes.take(header->letters + header->leaps * (time_bytes + 4) + header->standard +
             header->universal);
  TimeZone zone;
  zone.first_ = offsets.front();
  for (std::size_t i = 0; i < header->changes; ++i) {
    const auto at = times.number(time_bytes);
    const auto kind = static_cast<std::size_t>(static_cast<unsigned char>(kinds.take(1).front()));
    if (kind >= offsets.size()) return std::nullopt;
    // Some files begin with the Big Bang, which microseconds cannot tell.
    constexpr std::int64_t kEarliest = -100'000'000'000;
    zone.changes_.push_back({Time{seconds{std::max(at, kEarliest)}}, offsets[kind]});
  }
  if (time_bytes == 8 && bytes.left.size() > 2)
    zone.rest_ = parse_yearly_rule(bytes.left.substr(1, bytes.left.size() - 2));
  return zone;
}

std::expected<TimeZone, std::string> TimeZone::load(const std::string& name) {
  if (name == "UTC") return TimeZone{};
  if (!is_zone_name(name))
    return std::unexpected("must be a name of the time zone database, such as Europe/Berlin");
  const char* elsewhere = std::getenv("TZDIR");
  const std::string folder = elsewhere != nullptr && *elsewhere != '\0' ? elsewhere : kDatabase;
  std::ifstream file{fmt::format("{}/{}", folder, name), std::ios::binary};
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (auto zone = parse(text)) return std::move(*zone);
  const bool has_database = std::ifstream{folder + "/Etc/UTC"}.good();
  return std::unexpected(
      has_database ? fmt::format("there is no time zone {}; such as Europe/Berlin, or UTC", name)
                   : fmt::format("there is no time zone database in {}: install tzdata, or use UTC",
                                 folder));
}

Duration TimeZone::offset_at(Time at) const {
  if (changes_.empty() || at >= changes_.back().at) {
    if (rest_) return modelvane::offset_at(*rest_, at);
    return changes_.empty() ? first_ : changes_.back().offset;
  }
  const auto next = std::ranges::upper_bound(changes_, at, {}, &Change::at);
  return next == changes_.begin() ? first_ : std::prev(next)->offset;
}

}  // namespace modelvane
