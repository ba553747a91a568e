// One event on its way to one webhook: verdict classes and the schedule of attempts
// (docs/EVENTS.md). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

// Ok: done. Busy: try again on schedule. Config: an operator must mend something (URL, key, TLS);
// slow schedule, nothing is lost. Payload: this event is refused for good. Gone: the receiver wants
// no more events.
enum class VerdictClass { Ok, Busy, Config, Payload, Gone };
inline constexpr auto kVerdictClasses = labelled<VerdictClass>({
    {VerdictClass::Ok, "ok"},
    {VerdictClass::Busy, "busy"},
    {VerdictClass::Config, "config"},
    {VerdictClass::Payload, "payload"},
    {VerdictClass::Gone, "gone"},
});

constexpr std::string_view label(VerdictClass verdict) {
  return kVerdictClasses.label(verdict);
}

struct Verdict {
  VerdictClass kind = VerdictClass::Ok;
  // Why, for people; no secret. Of Ok: what was not done all the same; "" = nothing.
  std::string sentence;
  std::optional<Duration> retry_after;  // the receiver's own wish
  bool is_limit = false;                // 429: the receiver takes fewer a second
  bool throttled = false;               // 429, 502, 504 or a time-out: the receiver needs air
  // Ok: recipients of a mail that its server took for the others only; they are to be asked again.
  std::vector<std::string> deferred{};
};

enum class DeliveryState { Pending, Delivered, Dead };
inline constexpr auto kDeliveryStates = labelled<DeliveryState>({
    {DeliveryState::Pending, "pending"},
    {DeliveryState::Delivered, "delivered"},
    {DeliveryState::Dead, "dead"},
});

constexpr std::string_view label(DeliveryState state) {
  return kDeliveryStates.label(state);
}

// Attempt n (1 = the first) failed with `verdict`: how long to wait before the next. `jitter` in
// [0,1) comes from the caller. Schedule 5s 30s 2m 10m 30m 1h 2h 4h 6h 6h…, +-20 %; `Config` starts
// at 2m; at least 60 s when throttled. The receiver's own wish (1 s to 1 h) takes the place of all
// that, and is never undercut.
Duration retry_delay(int attempt, const Verdict& verdict, double jitter);

// HTTP `Retry-After` (RFC 9110 10.2.3): seconds, also decimal, or an HTTP date; some write a date
// of RFC 3339, or the moment's seconds since 1970. Negative or malformed: nullopt.
std::optional<Duration> parse_retry_after(std::string_view value, Time now);

// Of a number that may be seconds from now, or seconds or milliseconds since 1970. Bounded.
Duration wait_of_seconds(double seconds, Time now);

}  // namespace modelvane
