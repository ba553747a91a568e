// The figures of an hour or a day of one endpoint: seconds, poll durations, reasons. They add up:
// the figures of a day are the sum of those of its hours. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/reason.h"
#include "daemon/detect/time_kept.h"
#include "daemon/text/time.h"

namespace modelvane {

inline constexpr Duration kHour = std::chrono::hours{1};
inline constexpr Duration kDay = std::chrono::days{1};
// So long hours are kept; days stay as long as events do.
inline constexpr Duration kHoursKept = std::chrono::days{35};

// The start of the hour or day (UTC) in which `time` lies.
inline Time floor_to(Time time, Duration step) {
  const auto since = time.time_since_epoch();
  return Time{since - ((since % step) + step) % step};
}

struct Seconds {
  Duration up{0};
  Duration down{0};
  Duration unknown{0};

  Duration& of(TimeState state) {
    return state == TimeState::Up ? up : state == TimeState::Down ? down : unknown;
  }
  // The share of the known time in which it was up; none when nothing is known.
  std::optional<double> availability() const {
    const auto known = up + down;
    if (known <= Duration{0}) return std::nullopt;
    return static_cast<double>(up.count()) / static_cast<double>(known.count());
  }
  Seconds& operator+=(const Seconds& more) {
    up += more.up;
    down += more.down;
    unknown += more.unknown;
    return *this;
  }
  friend bool operator==(const Seconds&, const Seconds&) = default;
};

// Many durations in some bytes: how many there were of each size, sizes a tenth apart. A quantile
// is right to within five percent. As text "31:4,32:9": the size's number and the count.
class DurationSketch {
 public:
  void add(Duration duration);
  void add(const DurationSketch& more);
  std::uint64_t count() const;
  // 0 <= share <= 1; none without durations.
  std::optional<Duration> quantile(double share) const;

  std::string text() const;
  // What cannot be read counts nothing.
  static DurationSketch parse(std::string_view text);
  friend bool operator==(const DurationSketch&, const DurationSketch&) = default;

 private:
  std::uint32_t& of(std::uint8_t size);

  struct Size {
    std::uint8_t number;
    std::uint32_t count;
    friend bool operator==(const Size&, const Size&) = default;
  };
  // By number; only those that there are. Thousands of sketches are held at once, of some ten
  // sizes each.
  std::vector<Size> counts_;
};

// Failed polls by reason. As text "timeout:3,dns:1".
struct FailureCounts {
  std::array<std::uint32_t, kReasons.size()> of{};

  void add(const FailureCounts& more);
  // The reason of most of them.
  std::optional<Reason> worst() const;
  std::string text() const;
  static FailureCounts parse(std::string_view text);
  friend bool operator==(const FailureCounts&, const FailureCounts&) = default;
};

// One hour, one day, or several of them.
struct PastSpan {
  Time from{};
  Seconds seconds;
  DurationSketch durations;
  Duration longest{0};
  FailureCounts failures;

  void add(const PastSpan& more);
  // Hours of which nothing is known are not kept.
  bool is_empty() const {
    return seconds.up + seconds.down == Duration{0} && durations.count() == 0;
  }
  friend bool operator==(const PastSpan&, const PastSpan&) = default;
};

}  // namespace modelvane
