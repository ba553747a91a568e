#include "daemon/engine/time_book.h"

#include <doctest/doctest.h>

#include <random>

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

using Result = TimeKeeper::Result;

const Time kFirst = *parse_rfc3339("2026-11-22T00:00:00Z");

struct BookedPoll {
  int at;  // seconds since kFirst
  Result result;
  bool is_down;
  int planned;
};

TimeBook::Poll to_poll(const BookedPoll& poll) {
  const Duration at = std::chrono::seconds{poll.at};
  const bool failed = poll.result == Result::Failed || poll.result == Result::Refused;
  return {.time = {.at = kFirst + at,
                   .steady = at,
                   .result = poll.result,
                   .is_down = poll.is_down,
                   .planned = std::chrono::seconds{poll.planned}},
          .total = 200ms,
          .failure = failed ? std::optional{Reason::Timeout} : std::nullopt};
}

// Polls of a day: long good times, streaks that are confirmed or not, refusals, hangs, isolation.
std::vector<BookedPoll> day_of_polls(std::uint32_t seed) {
  std::mt19937 random{seed};
  const auto less_than = [&](int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
  };
  std::vector<BookedPoll> polls;
  int in_row = 0;
  bool is_down = false;
  int mood = 0;  // what most polls are like for a while
  for (int at = less_than(100); at < 86'400;) {
    if (less_than(12) == 0) mood = less_than(6);
    const auto result = mood < 3    ? Result::Good
                        : mood == 3 ? Result::Failed
                        : mood == 4 ? (less_than(2) == 0 ? Result::Refused : Result::Failed)
                                    : static_cast<Result>(less_than(5));
    if (result == Result::Good) {
      in_row = 0;
      is_down = is_down && less_than(2) == 0;  // the first good poll ends no outage
    } else if (result == Result::Failed || result == Result::Refused) {
      is_down = is_down || ++in_row >= 3;
    }
    const int planned = 5 + less_than(120);
    polls.push_back({at, result, is_down, planned});
    at += less_than(20) == 0 ? planned * (1 + less_than(8)) : planned + less_than(10);
  }
  return polls;
}

// What the second that begins then is, told from all polls; none: nobody can tell yet.
std::optional<TimeState> state_at(const std::vector<BookedPoll>& polls, int second) {
  std::size_t last = 0;
  while (last + 1 < polls.size() && polls[last + 1].at <= second) ++last;
  const auto& poll = polls[last];
  // What stands behind an undecided failure waits for it.
  const auto fails = [&](std::size_t i) {
    return polls[i].result == Result::Failed || polls[i].result == Result::Refused;
  };
  const auto only_refused_until = [&](std::size_t end) {
    for (auto i = end + 1; i-- > 0 && polls[i].result != Result::Good;) {
      if (polls[i].result == Result::Failed) return false;
    }
    return true;
  };
  const auto verdict_of = [&](std::size_t failure) -> std::optional<TimeState> {
    for (auto i = failure; i < polls.size(); ++i) {
      if (polls[i].result == Result::Good) return TimeState::Up;
      if (polls[i].result == Result::Isolated) return TimeState::Unknown;
      if (fails(i) && polls[i].is_down && !only_refused_until(i)) return TimeState::Down;
    }
    return std::nullopt;
  };
  for (auto i = last + 1;
       i-- > 0 && polls[i].result != Result::Good && polls[i].result != Result::Isolated;) {
    if (fails(i) && !only_refused_until(i) && !verdict_of(i)) return std::nullopt;
  }
  if (second >= poll.at + 3 * poll.planned) return TimeState::Unknown;
  if (poll.result == Result::Good) return TimeState::Up;
  if (!fails(last)) return TimeState::Unknown;
  return only_refused_until(last) ? TimeState::Up : verdict_of(last);
}

Seconds sum(const std::map<Time, PastSpan>& spans) {
  Seconds all;
  for (const auto& [from, span] : spans) all += span.seconds;
  return all;
}

void keep(std::map<Time, PastSpan>& kept, const std::vector<PastSpan>& spans) {
  for (const auto& span : spans) kept[span.from] = span;
}

}  // namespace

TEST_CASE("a day's time is counted to the second, in its hours and whenever it is stored") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const auto polls = day_of_polls(seed);
    TimeBook book;
    book.open({});
    std::map<Time, PastSpan> hours;
    std::map<Time, PastSpan> days;
    EndpointPast durable;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      REQUIRE(book.note("e", to_poll(polls[i])));
      if (i % 3 != 0 && i + 1 != polls.size()) continue;
      durable = book.take("e", std::chrono::seconds{polls[i].at}, i + 1 == polls.size());
      keep(hours, durable.hours);
      keep(days, durable.days);
    }
    std::map<Time, Seconds> expected;
    Seconds total;
    for (int second = polls.front().at; second < polls.back().at; ++second) {
      const auto state = state_at(polls, second);
      if (!state) continue;
      expected[floor_to(kFirst + std::chrono::seconds{second}, kHour)].of(*state) += 1s;
      total.of(*state) += 1s;
    }
    CHECK(durable.seconds == total);
    for (const auto& [from, seconds] : expected) {
      if (seconds.up + seconds.down == 0s) continue;
      CAPTURE(to_rfc3339(from));
      CHECK(hours[from].seconds == seconds);
    }
    CHECK(days.size() == 1);
    CHECK(days.begin()->second.durations.count() == polls.size());
    const auto counted = durable.seconds.up + durable.seconds.down + durable.seconds.unknown;
    CHECK(durable.until == kFirst + std::chrono::seconds{polls.front().at} + counted);
  }
}

TEST_CASE("a restart loses no second: what lies between two processes is unknown") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto polls = day_of_polls(seed);
    std::map<Time, PastSpan> hours;
    auto book = std::make_unique<TimeBook>();
    book->open({});
    EndpointPast durable;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      book->note("e", to_poll(polls[i]));
      if (i % 50 != 49 && i + 1 != polls.size()) continue;
      durable = book->take("e", std::chrono::seconds{polls[i].at}, true);
      keep(hours, durable.hours);
      auto loaded = durable;
      loaded.hours.clear();
      for (const auto& [from, span] : hours) loaded.hours.push_back(span);
      book = std::make_unique<TimeBook>();
      book->open({loaded});
      CHECK(book->shown("e")->seconds == durable.seconds);
    }
    const auto all = durable.seconds.up + durable.seconds.down + durable.seconds.unknown;
    CHECK(durable.until == kFirst + std::chrono::seconds{polls.front().at} + all);
    CHECK(sum(hours).up == durable.seconds.up);
    CHECK(sum(hours).down == durable.seconds.down);
  }
}

TEST_CASE(
    "an outage of 480 seconds in 14 minutes is 43 percent good, however often it was polled") {
  TimeBook book;
  book.open({});
  book.note("e", to_poll({0, Result::Good, false, 60}));
  int in_row = 0;
  for (int at = 60; at <= 540; at += at < 90 ? 10 : 60)
    book.note("e", to_poll({at, Result::Failed, ++in_row >= 3, 60}));
  book.note("e", to_poll({540, Result::Good, true, 60}));
  for (int at = 600; at <= 840; at += 60) book.note("e", to_poll({at, Result::Good, false, 60}));
  const auto seconds = book.take("e", 840s, true).seconds;
  CHECK(seconds.down == 480s);
  CHECK(seconds.up == 360s);
  CHECK(*seconds.availability() == doctest::Approx(0.4286).epsilon(0.001));
}

TEST_CASE("a clock that is set makes no time and takes none away") {
  TimeBook book;
  book.open({});
  Duration ahead{0};
  for (int at = 0; at <= 600; at += 60) {
    if (at == 180) ahead = 24h * 365;
    if (at == 360) ahead = -5h;
    auto poll = to_poll({at, Result::Good, false, 60});
    poll.time.at += ahead;
    book.note("e", poll);
  }
  const auto seconds = book.take("e", 600s, true).seconds;
  CHECK(seconds.up == 600s);
  CHECK(seconds.unknown == 0s);
}

TEST_CASE("years of which nothing is known make no figures") {
  TimeBook book;
  book.open(
      {{.endpoint = "e", .seconds = {}, .until = kFirst - 24h * 3650, .hours = {}, .days = {}}});
  book.note("e", to_poll({0, Result::Good, false, 60}));
  book.note("e", to_poll({60, Result::Good, false, 60}));
  const auto past = book.take("e", 60s, true);
  CHECK(past.seconds.unknown == 24h * 3650);
  CHECK(past.hours.size() == 1);
  CHECK(past.days.size() == 1);
}

TEST_CASE("seconds are shown once they are durable, and figures at most a minute after") {
  TimeBook book;
  book.open({});
  book.note("e", to_poll({0, Result::Good, false, 60}));
  book.note("e", to_poll({60, Result::Good, false, 60}));
  CHECK(book.shown("e") == nullptr);
  const auto first = book.take("e", 60s, false);
  CHECK(first.hours.size() == 1);
  CHECK(book.note_durable(first)->seconds.up == 60s);
  book.note("e", to_poll({80, Result::Good, false, 60}));
  const auto second = book.take("e", 80s, false);
  CHECK(second.seconds.up == 80s);
  CHECK(second.hours.empty());
  book.note("e", to_poll({130, Result::Good, false, 60}));
  CHECK(book.take("e", 130s, false).hours.front().seconds.up == 130s);
}

TEST_CASE(
    "a sketch of durations knows its quantiles to within five percent, and reads what it writes") {
  DurationSketch sketch;
  for (int i = 1; i <= 1000; ++i) sketch.add(std::chrono::milliseconds{i});
  CHECK(to_seconds(*sketch.quantile(0.5)) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(to_seconds(*sketch.quantile(0.95)) == doctest::Approx(0.95).epsilon(0.05));
  CHECK(DurationSketch::parse(sketch.text()) == sketch);
  CHECK(DurationSketch::parse("x:1,7,300:2,9:y,12:3").count() == 3);
  CHECK(!DurationSketch{}.quantile(0.5));
  FailureCounts failures;
  failures.of[static_cast<std::size_t>(Reason::Dns)] = 2;
  failures.of[static_cast<std::size_t>(Reason::Timeout)] = 3;
  CHECK(failures.text() == "dns:2,timeout:3");
  CHECK(FailureCounts::parse(failures.text()) == failures);
  CHECK(failures.worst() == Reason::Timeout);
}
