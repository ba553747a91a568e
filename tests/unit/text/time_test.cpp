#include "daemon/text/time.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a time prints as RFC 3339 with milliseconds, never rounded into the future") {
  const auto time = parse_rfc3339("2026-11-22T10:00:05.123987Z");
  REQUIRE(time);
  CHECK(to_rfc3339(*time) == "2026-11-22T10:00:05.123Z");
}

TEST_CASE("RFC 3339 is read with Z, with offsets, with fractions, and as a bare date") {
  CHECK(to_rfc3339(*parse_rfc3339("2026-11-22T10:00:00+02:00")) == "2026-11-22T08:00:00.000Z");
  CHECK(to_rfc3339(*parse_rfc3339("2026-11-22t10:00:00.5z")) == "2026-11-22T10:00:00.500Z");
  CHECK(to_rfc3339(*parse_rfc3339("2026-02-28")) == "2026-02-28T00:00:00.000Z");
}

TEST_CASE("what is not RFC 3339 is refused") {
  for (const auto* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-22T",
                           "2026-11-22T10:00", "2026-11-22T25:00:00Z", "2026-11-22T10:00:00",
                           "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00Zx",
                           "2026-11-22T10:00:00+2:00", "-026-11-22", "2026-11-22T-1:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("durations are read as Prometheus reads them") {
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("1m30s") == 90s);
  CHECK(parse_duration("6h") == 6h);
  CHECK(parse_duration("400d") == 24h * 400);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("1w") == 24h * 7);
  CHECK(parse_duration("0") == 0s);
  for (const auto* text : {"", "5", "s", "1.5s", "-1s", "1s1m", "1m1m", "1 s",
                           "99999999999999999999s", "9999999y", "1us"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations print in the notation that they are read in") {
  CHECK(to_text(90s) == "1m30s");
  CHECK(to_text(24h * 400) == "400d");
  CHECK(to_text(Duration{0}) == "0s");
  CHECK(to_text(1500ms) == "1s500ms");
}

}  // namespace
}  // namespace modelvane
