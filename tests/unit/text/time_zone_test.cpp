// Local time, from files as tzdata has them and from the rule at their end.
#include "daemon/text/time_zone.h"

#include <doctest/doctest.h>

#include <filesystem>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

Time at(std::string_view text) {
  return *parse_rfc3339(text);
}

}  // namespace

TEST_CASE("a rule with summer time says when it begins and ends, in the north and in the south") {
  const auto berlin = parse_yearly_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(berlin);
  CHECK(offset_at(*berlin, at("2040-01-15T12:00:00Z")) == 1h);
  CHECK(offset_at(*berlin, at("2040-03-25T00:59:59Z")) == 1h);
  CHECK(offset_at(*berlin, at("2040-03-25T01:00:00Z")) == 2h);
  CHECK(offset_at(*berlin, at("2040-10-28T00:59:59Z")) == 2h);
  CHECK(offset_at(*berlin, at("2040-10-28T01:00:00Z")) == 1h);
  const auto sydney = parse_yearly_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
  REQUIRE(sydney);
  CHECK(offset_at(*sydney, at("2040-01-15T12:00:00Z")) == 11h);
  CHECK(offset_at(*sydney, at("2040-06-15T12:00:00Z")) == 10h);
}

TEST_CASE("rules may have names in brackets, half hours, days of the year and no summer") {
  CHECK(offset_at(*parse_yearly_rule("<+0545>-5:45"), Time{}) == 5h + 45min);
  CHECK(offset_at(*parse_yearly_rule("NST3:30"), Time{}) == -(3h + 30min));
  const auto days = parse_yearly_rule("AAA0BBB,J60,J300");
  REQUIRE(days);
  CHECK(offset_at(*days, at("2040-02-29T12:00:00Z")) == 0h);
  CHECK(offset_at(*days, at("2040-03-01T12:00:00Z")) == 1h);
  for (const auto* wrong : {"", "C1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M10.5.0",
                            "CET-1CEST,M3.5.0,M10.5.0/3x", "<+03"})
    CHECK_FALSE(parse_yearly_rule(wrong));
}

TEST_CASE("a zone of the system's database is followed through its history and into the future") {
  if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin")) return;
  const auto berlin = TimeZone::load("Europe/Berlin");
  REQUIRE(berlin);
  CHECK(berlin->offset_at(at("1985-07-01T00:00:00Z")) == 2h);
  CHECK(berlin->offset_at(at("2026-11-22T00:00:00Z")) == 1h);
  CHECK(berlin->offset_at(at("2026-07-01T00:00:00Z")) == 2h);
  CHECK(berlin->offset_at(at("2100-07-01T00:00:00Z")) == 2h);
  CHECK(TimeZone::load("Asia/Kathmandu")->offset_at(at("2026-07-01T00:00:00Z")) == 5h + 45min);
}

TEST_CASE("UTC needs no database, and what is no zone is told as such") {
  CHECK(TimeZone::load("UTC")->offset_at(Time{}) == 0h);
  CHECK_FALSE(TimeZone::load("Europe/Bielefeld"));
  CHECK_FALSE(TimeZone::load("../../etc/passwd"));
  CHECK_FALSE(TimeZone::load("/etc/localtime"));
  CHECK_FALSE(TimeZone::parse("TZif2"));
  CHECK_FALSE(TimeZone::parse(std::string(200, 'x')));
}

}  // namespace modelvane
