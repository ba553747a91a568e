#include "daemon/events/delivery.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "daemon/text/token.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 9> kSchedule{5s, 30s, 2min, 10min, 30min, 1h, 2h, 4h, 6h};
// An operator mends a wrong URL or key in minutes at best: the quick attempts would only fill logs.
constexpr int kConfigFirstStep = 2;
constexpr Duration kThrottledFloor = 60s;
// "Retry-After: 0" all day must not become a loop.
constexpr Duration kRetryAfterMin = 1s;
constexpr Duration kRetryAfterMax = 1h;
constexpr double kJitter = 0.2;

// The same words hold seconds from now with some and seconds, or milliseconds, since 1970 with
// others: no wait lasts thirty years, and no clock shows the year 33658.
constexpr double kFirstPointInTime = 1e9;
constexpr double kFirstInMilliseconds = 1e12;
// Nobody means to wait longer, and every sum with it fits; what is asked for beyond it counts as
// it.
constexpr double kLongestWish = 366.0 * 86'400;

Duration scaled(Duration span, double factor) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(span.count()) * factor)};
}

}  // namespace

Duration retry_delay(int attempt, const Verdict& verdict, double jitter) {
  const int shift = verdict.kind == VerdictClass::Config ? kConfigFirstStep : 0;
  const auto step = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::max(attempt, 1) - 1 + shift), 0, kSchedule.size() - 1);
  if (verdict.retry_after) {
    // Upwards only: to come back before the receiver asked would undercut its wish.
    const auto wish = std::clamp(*verdict.retry_after, kRetryAfterMin, kRetryAfterMax);
    return scaled(wish, 1.0 + kJitter * jitter);
  }
  const Duration delay = scaled(kSchedule[step], 1.0 - kJitter + 2 * kJitter * jitter);
  return verdict.throttled ? std::max(delay, kThrottledFloor) : delay;
}

std::optional<Duration> parse_retry_after(std::string_view value, Time now) {
  value = trimmed(value, " ");
  auto date = parse_http_date(value);
  if (!date) date = parse_rfc3339(value);
  if (date) return std::max(*date - now, Duration{0});
  double seconds = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), seconds, std::chars_format::fixed);
  if (end != value.data() + value.size() || value.starts_with('-')) return std::nullopt;
  if (error == std::errc::result_out_of_range) return wait_of_seconds(kLongestWish, now);
  if (error != std::errc{} || !std::isfinite(seconds)) return std::nullopt;
  return wait_of_seconds(seconds, now);
}

Duration wait_of_seconds(double seconds, Time now) {
  if (seconds >= kFirstPointInTime) {
    seconds = seconds >= kFirstInMilliseconds ? seconds / 1000 : seconds;
    seconds -= std::chrono::duration<double>{now.time_since_epoch()}.count();
  }
  return std::chrono::ceil<Duration>(
      std::chrono::duration<double>{std::clamp(seconds, 0.0, kLongestWish)});
}

}  // namespace modelvane
