// Points in time and spans, as every layer passes them. Wall-clock times are UTC with microseconds;
// nothing in core reads a clock: time is an argument. Text forms: RFC 3339 for points, Prometheus
// notation (1h30m) for spans.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

// UTC with milliseconds: "2026-11-22T10:00:05.123Z" (truncated, never rounded up into the future).
std::string to_rfc3339(Time time);
// Accepts RFC 3339 with `Z` or an offset, with or without a fraction; also a bare date (midnight
// UTC). nullopt when malformed.
std::optional<Time> parse_rfc3339(std::string_view text);
// "Sun, 06 Nov 1994 08:49:37 GMT", the only form that RFC 9110 lets senders of HTTP make.
std::optional<Time> parse_http_date(std::string_view text);

// "1h30m", "10s", "250ms"; "0s" for zero. Spans below a millisecond print as "0s".
std::string to_text(Duration span);
// Prometheus durations: units y w d h m s ms, each at most once, largest first ("1m30s"); "0" alone
// is allowed.
std::optional<Duration> parse_duration(std::string_view text);

inline double to_seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}
inline double to_seconds(Time time) {
  return to_seconds(time.time_since_epoch());
}

}  // namespace modelvane
