#include "daemon/events/delivery.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;
const Time kNow = *parse_rfc3339("1994-11-06T08:49:00Z");
const Verdict kBusy{.kind = VerdictClass::Busy};

TEST_CASE("the waits grow from 5 s to 6 h, with a fifth of jitter to both sides") {
  CHECK(retry_delay(1, kBusy, 0.5) == 5s);
  CHECK(retry_delay(1, kBusy, 0.0) == 4s);
  CHECK(retry_delay(2, kBusy, 0.5) == 30s);
  CHECK(retry_delay(9, kBusy, 0.5) == 6h);
  CHECK(retry_delay(1'000, kBusy, 0.5) == 6h);
}

TEST_CASE("a misconfigured receiver is asked on the slow part of the schedule only") {
  CHECK(retry_delay(1, {.kind = VerdictClass::Config}, 0.5) == 2min);
}

TEST_CASE("a throttling receiver gets at least a minute") {
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .throttled = true}, 0.5) == 60s);
}

TEST_CASE("Retry-After counts whatever the schedule says, never undercut, from 1 s to an hour") {
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .retry_after = 90s}, 0.0) == 90s);
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .retry_after = 90s}, 0.99) > 90s);
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .retry_after = 2s}, 0.5) == 2200ms);
  CHECK(retry_delay(9, {.kind = VerdictClass::Busy, .retry_after = 1s, .throttled = true}, 0.0) ==
        1s);
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .retry_after = 0s}, 0.0) == 1s);
  CHECK(retry_delay(1, {.kind = VerdictClass::Busy, .retry_after = 24h}, 0.0) == 1h);
}

TEST_CASE("Retry-After is read as seconds and as a date, and no wish is boundless") {
  CHECK(parse_retry_after("120", kNow) == 120s);
  CHECK(parse_retry_after(" 1.5 ", kNow) == 1500ms);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNow) == 37s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:48:00 GMT", kNow) == 0s);
  CHECK(parse_retry_after("0", kNow) == 0s);
  CHECK(parse_retry_after("1994-11-06T08:49:37Z", kNow) == 37s);
  CHECK(parse_retry_after("1994-11-06T09:49:37+01:00", kNow) == 37s);
  CHECK(parse_retry_after("1994-11-06T08:00:00Z", kNow) == 0s);
  CHECK(parse_retry_after("99999999", kNow) == 24h * 366);
  CHECK(parse_retry_after("99999999999", kNow) == 24h * 366);
  CHECK(parse_retry_after(std::string(400, '9'), kNow) == 24h * 366);
  const auto later = parse_rfc3339("2026-11-22T10:00:00Z").value();
  CHECK(parse_retry_after("1795341645", later) == 45s);
  CHECK(parse_retry_after("1795341645000", later) == 45s);
  CHECK(parse_retry_after("1795341000", later) == 0s);
  for (const auto* text :
       {"", "-1", "-99999999999", "inf", "1e99", "12,5", "2026-13-01T00:00:00Z", "soon", "1e9999",
        "nan", "12 s", "Sun, 06 Foo 1994 08:49:37 GMT", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, kNow));
  }
}

}  // namespace
}  // namespace modelvane
