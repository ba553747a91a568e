#include "daemon/engine/poll_history.h"

#include <doctest/doctest.h>

using namespace modelvane;
using namespace std::chrono_literals;

TEST_CASE("a history keeps the last polls and forgets the oldest") {
  PollHistory history;
  CHECK(history.size() == 0);
  const Time start = *parse_rfc3339("2026-11-22T10:00:00Z");
  for (int i = 0; i < 200; ++i)
    history.add({.at = start + i * 1s, .total = i * 1ms, .reason = std::nullopt});
  REQUIRE(history.size() == PollHistory::kPollsMax);
  CHECK(history.at(0).at == start + 104s);
  CHECK(history.at(95).at == start + 199s);
  CHECK(history.at(95).total == 199ms);
}

TEST_CASE(
    "a poll comes back as it went in, its end to the hundredth second, its length to a tenth "
    "millisecond") {
  PollHistory history;
  const Time start = *parse_rfc3339("2026-11-22T10:00:00.123Z");
  history.add({.at = start + 456us, .total = 1234567us, .reason = Reason::Dns});
  history.add({.at = start, .total = 60s, .reason = Reason::Other});
  history.add({.at = start, .total = -1s, .reason = std::nullopt});
  history.add({.at = start, .total = 240us, .reason = std::nullopt});
  history.add({.at = start, .total = 24h, .reason = std::nullopt});
  CHECK(history.at(0).at == start - 3ms);
  CHECK(history.at(0).total == 1234600us);
  CHECK(history.at(0).reason == Reason::Dns);
  CHECK(history.at(1).reason == Reason::Other);
  CHECK(history.at(2).reason == std::nullopt);
  CHECK(history.at(2).total == 0s);
  CHECK(history.at(3).total == 200us);
  CHECK(history.at(4).total > 3h);
}

TEST_CASE("polls a day apart, and before a clock that was set back a month, keep their times") {
  PollHistory history;
  const Time start = *parse_rfc3339("2026-11-22T10:00:00Z");
  for (int i = 0; i < 96; ++i) history.add({.at = start + i * 24h, .total = {}, .reason = {}});
  for (std::size_t i = 0; i < 96; ++i) CHECK(history.at(i).at == start + i * 24h);
  history.add({.at = start + 60 * 24h, .total = {}, .reason = {}});
  CHECK(history.at(94).at == start + 95 * 24h);
  CHECK(history.at(95).at == start + 60 * 24h);
}
