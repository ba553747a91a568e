// Three months of a real provider's lists (tests/golden/traces), each line as one poll, against a second, plain reading of the
// same file that shares nothing with the daemon but the JSON library.
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/read_catalog.h"
#include "daemon/core/watch.h"
#include "tests/replay/trace.h"

namespace modelvane {
namespace {

using nlohmann::json;

struct Line {
  Time at;
  json data;  // null = the poll failed
};

std::vector<Line> trace(const std::string& provider) {
  std::vector<Line> lines;
  for (const auto& line : read_trace(std::string{MODELVANE_GOLDEN} + "/traces/" + provider + ".jsonl.gz"))
    lines.push_back({line.at, line.body.empty() ? json() : json::parse(line.body)["data"]});
  return lines;
}

// What each good line says, id by id: the names of its rows, but for the id's own.
std::vector<std::map<std::string, std::string>> plain_targets(const std::vector<Line>& lines) {
  std::vector<std::map<std::string, std::string>> all;
  for (const auto& line : lines) {
    if (!line.data.is_array()) continue;
    std::map<std::string, std::set<std::string>> names;
    for (const auto& row : line.data) {
      if (row["name"] != row["id"]) names[row["id"]].insert(row["name"].get<std::string>());
    }
    auto& targets = all.emplace_back();
    for (const auto& [id, set] : names) {
      for (const auto& name : set) targets[id] += (targets[id].empty() ? "" : ",") + name;
    }
  }
  return all;
}

// "id: from -> to" in the order of the file: every time that an id's target is not the one known before. With `must_hold`, a
// target counts only from the second good line in a row that says so (the first line of the file counts always).
std::vector<std::string> plain_moves(const std::vector<Line>& lines, bool must_hold) {
  const auto all = plain_targets(lines);
  std::map<std::string, std::string> known = all[0];
  std::vector<std::string> moves;
  for (std::size_t i = 1; i < all.size(); ++i) {
    for (const auto& [id, target] : all[i]) {
      const bool held = all[i - 1].contains(id) && all[i - 1].at(id) == target;
      if (must_hold && !held) continue;
      const auto [entry, is_new] = known.try_emplace(id, target);
      if (is_new || entry->second == target) continue;
      moves.push_back(id + ": " + entry->second + " -> " + target);
      entry->second = target;
    }
  }
  return moves;
}

std::vector<std::string> watched_moves(const std::vector<Line>& lines, int polls_to_confirm) {
  Reading how;
  how.rules = {AliasRule{Rule::Field, "/name"}};
  Watched watched{.endpoint = "mistral", .instance = "test"};
  watched.policy.moved.polls = polls_to_confirm;
  EndpointState state;
  std::vector<std::string> moves;
  for (const auto& line : lines) {
    Observation seen{
        .at = line.at, .result = std::unexpected(PollFailure{.reason = Reason::Http5xx, .sentence = "503"}), .request_id = ""};
    if (line.data.is_array()) {
      auto catalog = read_catalog(json{{"object", "list"}, {"data", line.data}}.dump(), how);
      REQUIRE(catalog.has_value());
      seen.result = std::make_shared<const Catalog>(std::move(*catalog));
    }
    auto advanced = advance(std::move(state), seen, watched);
    state = std::move(advanced.state);
    for (const auto& event : advanced.events) {
      if (event.type == EventType::AliasMoved) moves.push_back(event.alias + ": " + *event.from + " -> " + *event.to);
    }
  }
  return moves;
}

TEST_CASE("confirmed by one poll, the replay gives exactly the moves of a plain reading") {
  const auto lines = trace("mistral");
  REQUIRE(lines.size() == 39);
  const auto moves = watched_moves(lines, 1);
  CHECK(moves == plain_moves(lines, false));
  CHECK(moves.size() >= 8);
}

TEST_CASE("confirmed by two polls, moves that lasted one poll are not announced") {
  const auto lines = trace("mistral");
  const auto moves = watched_moves(lines, 2);
  CHECK(moves == plain_moves(lines, true));
  CHECK(std::find(moves.begin(), moves.end(), "mistral-small-latest: mistral-small-2506 -> mistral-small-2603") != moves.end());
  for (const auto& move : moves) CHECK(move.find("mistral-medium-latest") == std::string::npos);
}

}  // namespace
}  // namespace modelvane
