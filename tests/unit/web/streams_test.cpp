// The streams as values: what is read from the log and what each stream gets, without sockets and
// in a time that the test makes.
#include "daemon/web/streams.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <random>
#include <set>

#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

namespace {

Streams::Found ask(FakeLog& log, const EventFilter& filter) {
  auto found = log.events(filter);
  if (!found) return std::unexpected(found.error().sentence);
  return std::move(*found);
}

// "1 2 3": the sequences in a stream's text.
std::string ids(const std::string& text) {
  std::string all;
  for (auto at = text.find("id: "); at != std::string::npos; at = text.find("id: ", at + 1)) {
    all += std::to_string(std::stoull(text.substr(at + 4, 20))) + " ";
  }
  return all;
}

struct Bench {
  FakeLog log;
  Streams streams{Streams::Pace{}};
  Streams::TimePoint now{};
  std::map<Streams::Ticket, std::string> got;
  int reads = 0;

  void add(int count, const std::string& alias = "a-latest") {
    for (int i = 0; i < count; ++i) log.add(moved_event(alias, "a", "b"));
  }
  void open(Streams::Ticket ticket, StreamRequest request = {}) {
    streams.note(log.pulse(), now);
    streams.open(ticket, std::move(request), now);
  }
  void hand_out() {
    for (const auto& [ticket, bytes] : streams.take_output(now)) got[ticket] += bytes;
  }
  // Reads until nothing more is wanted, and hands out.
  void settle() {
    streams.note(log.pulse(), now);
    while (const auto filter = streams.next_read(now)) {
      ++reads;
      streams.take(ask(log, *filter), now);
      hand_out();
    }
    hand_out();
  }
};

}  // namespace

TEST_CASE("a new stream begins with the next event, a resumed one behind its last") {
  Bench bench;
  bench.add(3);
  bench.open(1);
  bench.open(2, {.after = 1});
  bench.open(3, {.after = 0});
  bench.settle();
  bench.add(2);
  bench.settle();
  CHECK(ids(bench.got[1]) == "4 5 ");
  CHECK(ids(bench.got[2]) == "2 3 4 5 ");
  CHECK(ids(bench.got[3]) == "1 2 3 4 5 ");
}

TEST_CASE("500 streams that are up to date cost one read") {
  Bench bench;
  bench.add(1000);
  for (Streams::Ticket i = 0; i < 500; ++i) bench.open(i);
  bench.settle();
  CHECK(bench.reads == 0);
  bench.add(1);
  bench.settle();
  CHECK(bench.reads == 1);
  CHECK(bench.got.size() == 500);
  CHECK(ids(bench.got[499]) == "1001 ");
}

TEST_CASE("a stream is narrowed by its filter, also while it catches up") {
  Bench bench;
  bench.add(2, "a-latest");
  bench.add(2, "b-latest");
  bench.open(1, {.filter = {.alias = "b-latest"}, .after = 0});
  bench.open(2, {.filter = {.types = {"endpoint.*"}}, .after = 0});
  bench.settle();
  bench.add(1, "a-latest");
  bench.add(1, "b-latest");
  bench.settle();
  CHECK(ids(bench.got[1]) == "3 4 6 ");
  CHECK(ids(bench.got[2]) == "");
}

TEST_CASE("an event is one block with the event's own text") {
  Bench bench;
  bench.open(1);
  bench.add(1);
  bench.settle();
  const auto stored = bench.log.events({})->front();
  CHECK(bench.got[1] ==
        "id: 00000000000000000001\nevent: alias.moved\ndata: " + stored.json + "\n\n");
  CHECK(stored.json.find('\n') == std::string::npos);
}

TEST_CASE(
    "a client that does not read gets no more than fits, and all of it in order once it reads") {
  Bench bench;
  bench.open(1);
  bench.open(2);
  bench.add(1);
  bench.settle();
  bench.streams.note_unsent(1, 300 * 1024);
  bench.add(250);
  bench.settle();
  CHECK(ids(bench.got[1]) == "1 ");
  bench.streams.note_unsent(1, 0);
  bench.settle();
  CHECK(bench.got[1] == bench.got[2]);
  CHECK(ids(bench.got[2]).ends_with("250 251 "));
}

TEST_CASE("a store that cannot be read is asked again a second later, and nothing is lost") {
  Bench bench;
  bench.open(1);
  bench.add(1);
  bench.streams.note(bench.log.pulse(), bench.now);
  REQUIRE(bench.streams.next_read(bench.now));
  CHECK_FALSE(bench.streams.next_read(bench.now));  // one at a time
  bench.streams.take(std::unexpected("the disk hangs"), bench.now);
  CHECK_FALSE(bench.streams.next_read(bench.now + 999ms));
  bench.now += 1s;
  bench.settle();
  CHECK(ids(bench.got[1]) == "1 ");
}

TEST_CASE("streams that open before the store wait for it") {
  Bench bench;
  bench.add(2);
  bench.streams.open(1, {.after = 1}, bench.now);
  bench.streams.open(2, {}, bench.now);
  CHECK_FALSE(bench.streams.next_read(bench.now));
  bench.settle();
  bench.add(1);
  bench.settle();
  CHECK(ids(bench.got[1]) == "2 3 ");
  CHECK(ids(bench.got[2]) == "3 ");
}

TEST_CASE("a client may know an event before the board does") {
  Bench bench;
  bench.add(2);
  bench.open(1, {.after = 3});
  bench.settle();
  bench.add(2);
  bench.settle();
  CHECK(ids(bench.got[1]) == "4 ");
}

TEST_CASE("a client of another store begins with what is new") {
  Bench bench;
  bench.add(2);
  bench.open(1, {.after = 1000});
  bench.now += 2s;
  bench.settle();
  bench.add(1);
  bench.settle();
  CHECK(ids(bench.got[1]) == "3 ");
}

TEST_CASE("silence is broken by a heartbeat every 15 s") {
  Bench bench;
  bench.open(1);
  bench.now += 14'999ms;
  bench.settle();
  CHECK(bench.got[1].empty());
  bench.now += 1ms;
  bench.settle();
  CHECK(bench.got[1] == ":\n\n");
  bench.now += 10s;
  bench.add(1);
  bench.settle();
  bench.got.clear();
  bench.now += 10s;
  bench.settle();
  CHECK(bench.got[1].empty());  // the event was a sign of life, too
}

TEST_CASE("who asks for it is told once a second that something was published") {
  Bench bench;
  bench.open(1, {.wants_snapshots = true});
  bench.open(2);
  bench.settle();
  CHECK(bench.got.empty());
  bench.log.version = 2;
  bench.settle();
  CHECK(bench.got[1] ==
        "event: snapshot\ndata: {\"at\":\"2026-11-22T10:00:00.000Z\",\"endpoints\":3}\n\n");
  bench.log.version = 3;
  bench.now += 999ms;
  bench.settle();
  CHECK(bench.got[1].find("snapshot", 20) == std::string::npos);
  bench.now += 1ms;
  bench.settle();
  CHECK(bench.got[1].find("snapshot", 20) != std::string::npos);
  CHECK(bench.got[2].empty());
}

// Whatever order of opening, closing, slow reading and failing: each client that resumes where it
// was gets each event once.
TEST_CASE("no gap and no repetition, whatever happens between") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    FakeLog log;
    Streams streams{Streams::Pace{}};
    Streams::TimePoint now{};
    std::map<Streams::Ticket, std::vector<std::uint64_t>> had;
    for (Streams::Ticket i = 0; i < 4; ++i) had[i] = {};
    std::set<Streams::Ticket> open;
    const auto hand_out = [&] {
      for (const auto& [ticket, bytes] : streams.take_output(now)) {
        for (auto at = bytes.find("id: "); at != std::string::npos;
             at = bytes.find("id: ", at + 1)) {
          had[ticket].push_back(std::stoull(bytes.substr(at + 4, 20)));
        }
      }
    };
    for (int step = 0; step < 150 || open.size() < 4; ++step) {
      now += 500ms;
      if (chance(40)) {
        for (int i = static_cast<int>(random() % 60); i > 0; --i)
          log.add(moved_event("a", "b", "c"));
      }
      const Streams::Ticket ticket = random() % 4;
      if (open.contains(ticket) && chance(20) && step < 150) {
        streams.close(ticket);
        open.erase(ticket);
      } else if (!open.contains(ticket)) {
        streams.note(log.pulse(), now);
        streams.open(ticket, {.after = had[ticket].empty() ? 0 : had[ticket].back()}, now);
        open.insert(ticket);
      } else {
        streams.note_unsent(ticket, chance(30) ? 1'000'000 : 0);
      }
      streams.note(log.pulse(), now);
      if (const auto filter = streams.next_read(now)) {
        if (chance(10)) log.add(moved_event("a", "b", "c"));
        streams.take(chance(10) ? Streams::Found{std::unexpected("busy")} : ask(log, *filter), now);
      }
      if (chance(80)) hand_out();
    }
    for (Streams::Ticket i = 0; i < 4; ++i) streams.note_unsent(i, 0);
    for (int i = 0; i < 200; ++i) {
      now += 1s;
      streams.note(log.pulse(), now);
      if (const auto filter = streams.next_read(now)) streams.take(ask(log, *filter), now);
      hand_out();
    }
    for (const auto& [ticket, events] : had) {
      REQUIRE(events.size() == *log.pulse().last_event);
      for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(events[i] == i + 1);
    }
  }
}
