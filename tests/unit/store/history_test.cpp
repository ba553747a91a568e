// The command `history` from a store to its lines. Its output goes into a file, so the terminal
// does not matter.
#include <algorithm>
#include <cstdio>

#include "daemon/commands/commands.h"
#include "store_world.h"
#include "tests/unit/capture.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run(const TempFolder& folder, HistoryOptions options) {
  const auto out = (folder.path() / "out").string();
  const auto err = (folder.path() / "err").string();
  options.place.storage_path = folder.storage().string();
  Ran ran;
  {
    const Capture capture_out{stdout, out};
    const Capture capture_err{stderr, err};
    ran.code = history(options);
  }
  ran.out = read_file(out);
  ran.err = read_file(err);
  return ran;
}

Event alias_event(EventType type, int minute, std::optional<std::string> from,
                  std::optional<std::string> to) {
  Event made;
  made.type = type;
  made.endpoint = "internlm";
  made.alias = "internlm3-latest";
  made.time = kStart + std::chrono::minutes{minute} + 5s;
  made.from = std::move(from);
  made.to = std::move(to);
  made.observed_between = {kStart + std::chrono::minutes{minute - 1},
                           kStart + std::chrono::minutes{minute}};
  made.summary = fmt::format("summary of {}", name(type));
  return made;
}

StoredEvent stored(Event made, std::uint64_t sequence) {
  made.sequence = sequence;
  made.id = fmt::format("evt_{:032x}", sequence);
  return {.sequence = sequence,
          .id = made.id,
          .type = made.type,
          .endpoint = made.endpoint,
          .alias = made.alias,
          .time = made.time,
          .json = to_cloudevent(made, "urn:modelvane:test")};
}

// internlm: internlm3-latest moved 8b -> 20b in minute 10, vanished in minute 20, came back as 30b
// in minute 30; quiet-latest never moved since the baseline in minute 0; the last good poll was in
// minute 60.
void fill(const TempFolder& folder) {
  Event down;
  down.type = EventType::EndpointDown;
  down.endpoint = "internlm";
  down.time = kStart + 15min;
  down.summary = "internlm is down";
  SqliteStore store{folder.storage()};
  Batch batch =
      batch_of({stored(alias_event(EventType::AliasMoved, 10, "8b", "20b"), 1), stored(down, 2),
                stored(alias_event(EventType::AliasVanished, 20, "20b", std::nullopt), 3),
                stored(alias_event(EventType::AliasAppeared, 30, "20b", "30b"), 4),
                stored(alias_event(EventType::AliasMoved, 30, "20b", "30b"), 5)});
  EndpointState state;
  state.aliases["quiet-latest"] = {
      .sighting = test::shows("q1"), .since = kStart, .last_seen = kStart + 60min};
  state.aliases["internlm3-latest"] = {.sighting = test::shows("30b"),
                                       .since = kStart + 30min,
                                       .last_seen = kStart + 60min,
                                       .changes = 2};
  batch.states.emplace_back("internlm", state);
  commit(store, batch);
}

// The table's line of that alias, runs of blanks folded.
std::string line_at(const TempFolder& folder, Time at,
                    const std::string& alias = "internlm3-latest") {
  const Ran ran = run(folder, {.alias = alias, .at = to_rfc3339(at)});
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  const auto begin = ran.out.find("internlm/");
  if (begin == std::string::npos) return ran.out;
  std::string line;
  for (const char c : ran.out.substr(begin, ran.out.find('\n', begin) - begin)) {
    if (c != ' ' || !line.ends_with(' ')) line += c;
  }
  return line;
}

}  // namespace

TEST_CASE("without a database history says where it looked, and fails") {
  const TempFolder folder;
  const Ran ran = run(folder, {});
  CHECK(ran.code == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err == "modelvane: there is no database " + folder.database().string() +
                       " yet; --storage.path names the folder that `modelvane serve` writes to, "
                       "--url the daemon itself\n");
}

TEST_CASE("events are a table, newest first, moves as from -> to") {
  const TempFolder folder;
  fill(folder);
  const Ran ran = run(folder, {});
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "TIME                      TYPE            SUBJECT                    WHAT\n"
        "2026-11-22T10:30:05.000Z  alias.moved     internlm/internlm3-latest  20b -> 30b\n"
        "2026-11-22T10:30:05.000Z  alias.appeared  internlm/internlm3-latest  summary of "
        "alias.appeared\n"
        "2026-11-22T10:20:05.000Z  alias.vanished  internlm/internlm3-latest  summary of "
        "alias.vanished\n"
        "2026-11-22T10:15:00.000Z  endpoint.down   internlm                   internlm is down\n"
        "2026-11-22T10:10:05.000Z  alias.moved     internlm/internlm3-latest  8b -> 20b\n");
}

TEST_CASE("filters and limit narrow the table") {
  const TempFolder folder;
  fill(folder);
  const auto lines = [&](const HistoryOptions& options) {
    const Ran ran = run(folder, options);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return ran.out == "no events match\n" ? 0
                                          : std::count(ran.out.begin(), ran.out.end(), '\n') - 1;
  };
  CHECK(lines({.types = {"alias.moved"}}) == 2);
  CHECK(lines({.types = {"endpoint.*", "*.vanished"}}) == 2);
  CHECK(lines({.alias = "internlm3-latest"}) == 4);
  CHECK(lines({.endpoint = "other"}) == 0);
  CHECK(lines({.since = "2026-11-22T10:15:00Z"}) == 4);
  CHECK(lines({.until = "2026-11-22T10:15:00Z"}) == 1);
  CHECK(lines({.since = "2026-11-22", .until = "2026-11-23"}) == 5);
  CHECK(lines({.since = "9999d"}) == 5);
  CHECK(lines({.limit = 2}) == 2);
}

TEST_CASE("more events than one page are all listed") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  Batch batch;
  for (std::uint64_t i = 1; i <= 2100; ++i)
    batch.events.push_back(fresh(stored(alias_event(EventType::AliasMoved, 10, "a", "b"), i)));
  commit(store, batch);
  const Ran ran = run(folder, {.limit = 2050});
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2051);
}

TEST_CASE("as JSON the events are the canonical texts") {
  const TempFolder folder;
  fill(folder);
  const Ran ran = run(folder, {.types = {"alias.moved"}, .output = "json"});
  CHECK(ran.out == "[\n" + stored(alias_event(EventType::AliasMoved, 30, "20b", "30b"), 5).json +
                       ",\n" + stored(alias_event(EventType::AliasMoved, 10, "8b", "20b"), 1).json +
                       "\n]\n");
  CHECK(run(folder, {.endpoint = "other", .output = "json"}).out == "[]\n");
}

TEST_CASE("a name from a list cannot write control sequences to the terminal") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({stored(alias_event(EventType::AliasMoved, 10, "a", "\x1B[2Jb"), 1)}));
  CHECK(run(folder, {}).out.find("a -> ?[2Jb\n") != std::string::npos);
}

TEST_CASE("options that cannot be meant are usage errors") {
  const TempFolder folder;
  fill(folder);
  CHECK(run(folder, {.output = "xml"}).code == 2);
  CHECK(run(folder, {.since = "2026-11-23", .until = "2026-11-22"}).code == 2);
  CHECK(run(folder, {.types = {"alias.*"}, .at = "1h"}).code == 2);
  const Ran ran = run(folder, {.at = "yesterday"});
  CHECK(ran.code == 2);
  CHECK(ran.err.starts_with("modelvane: --at yesterday: write a time such as"));
}

TEST_CASE("--at tells what an alias pointed to, and between which polls it is uncertain") {
  const TempFolder folder;
  fill(folder);
  CHECK(line_at(folder, kStart + 5min) ==
        "internlm/internlm3-latest 8b until its first recorded change");
  CHECK(line_at(folder, kStart + 9min) ==
        "internlm/internlm3-latest 8b until its first recorded change");
  CHECK(line_at(folder, kStart + 9min + 30s) ==
        "internlm/internlm3-latest 8b or 20b it changed between 2026-11-22T10:09:00.000Z and "
        "2026-11-22T10:10:00.000Z");
  CHECK(line_at(folder, kStart + 10min) ==
        "internlm/internlm3-latest 20b since 2026-11-22T10:10:00.000Z");
  CHECK(line_at(folder, kStart + 25min) ==
        "internlm/internlm3-latest absent since 2026-11-22T10:20:00.000Z");
  CHECK(line_at(folder, kStart + 29min + 30s) ==
        "internlm/internlm3-latest absent or 30b it changed between 2026-11-22T10:29:00.000Z and "
        "2026-11-22T10:30:00.000Z");
  CHECK(line_at(folder, kStart + 31min) ==
        "internlm/internlm3-latest 30b since 2026-11-22T10:30:00.000Z");
  CHECK(line_at(folder, kStart + 90min) ==
        "internlm/internlm3-latest 30b since 2026-11-22T10:30:00.000Z; last seen "
        "2026-11-22T11:00:00.000Z");
}

TEST_CASE("--at knows nothing of the time before the first poll") {
  const TempFolder folder;
  fill(folder);
  CHECK(line_at(folder, kStart - 1min) ==
        "internlm/internlm3-latest not watched yet not watched before 2026-11-22T10:00:00.000Z");
  CHECK(line_at(folder, kStart - 1min, "quiet-latest") ==
        "internlm/quiet-latest not watched yet not watched before 2026-11-22T10:00:00.000Z");
  CHECK(line_at(folder, kStart + 1min, "quiet-latest") ==
        "internlm/quiet-latest q1 since 2026-11-22T10:00:00.000Z or longer");
  CHECK(line_at(folder, kStart, "no-such-alias") == "no such alias is known\n");
}

TEST_CASE("--at does not guess what events that are no longer stored would have told") {
  const TempFolder folder;
  fill(folder);
  {
    SqliteStore store{folder.storage()};
    Batch forget;
    forget.forget_before = kStart + 12min;
    commit(store, forget);
  }
  CHECK(line_at(folder, kStart + 5min) ==
        "internlm/internlm3-latest unknown unknown before 2026-11-22T10:19:00.000Z: older events "
        "are no longer stored");
  CHECK(line_at(folder, kStart + 25min) ==
        "internlm/internlm3-latest absent since 2026-11-22T10:20:00.000Z");
}

TEST_CASE("--at as JSON names the target, or those that are possible") {
  const TempFolder folder;
  fill(folder);
  const HistoryOptions certain{
      .alias = "internlm3-latest", .at = to_rfc3339(kStart + 10min), .output = "json"};
  CHECK(run(folder, certain).out ==
        "[\n  {\n    \"endpoint\": \"internlm\",\n    \"alias\": \"internlm3-latest\",\n    "
        "\"at\": \"2026-11-22T10:10:00.000Z\",\n"
        "    \"status\": \"resolved\",\n    \"target\": \"20b\",\n    \"possible\": [\n      "
        "\"20b\"\n    ],\n"
        "    \"note\": \"since 2026-11-22T10:10:00.000Z\"\n  }\n]\n");
  const HistoryOptions uncertain{
      .alias = "internlm3-latest", .at = to_rfc3339(kStart + 9min + 1s), .output = "json"};
  const Ran ran = run(folder, uncertain);
  CHECK(ran.out.find("\"status\": \"uncertain\"") != std::string::npos);
  CHECK(ran.out.find("\"target\": null") != std::string::npos);
}
