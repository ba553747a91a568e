// Three months of a real provider's lists (tests/golden/traces), each line as one poll, against a
// second, plain reading of the same file that shares nothing with the daemon but the JSON library;
// and which of its aliases the preset resolves.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/catalog/read_catalog.h"
#include "daemon/config/providers.h"
#include "daemon/detect/advance.h"
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
  for (const auto& line :
       read_trace(std::string{MODELVANE_GOLDEN} + "/traces/" + provider + ".jsonl.gz"))
    lines.push_back({line.at, line.body.empty() ? json() : json::parse(line.body)["data"]});
  return lines;
}

Reading preset() {
  const auto* mistral = find_provider("mistral");
  REQUIRE(mistral != nullptr);
  return reading_of(*mistral, mistral->url);
}

// alias -> where its rows' names lead, through names that are aliases themselves; several are
// joined by ",".
std::map<std::string, std::string> final_targets(const json& data) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& row : data) {
    if (row["name"] != row["id"]) names[row["id"]].insert(row["name"].get<std::string>());
  }
  const auto lead = [&](const auto& self, const std::string& name) -> std::set<std::string> {
    if (!names.contains(name)) return {name};
    std::set<std::string> ends;
    for (const auto& next : names.at(name)) ends.merge(self(self, next));
    return ends;
  };
  std::map<std::string, std::string> targets;
  for (const auto& [id, unused] : names) {
    for (const auto& end : lead(lead, id)) targets[id] += (targets[id].empty() ? "" : ",") + end;
  }
  return targets;
}

std::vector<std::map<std::string, std::string>> plain_targets(const std::vector<Line>& lines) {
  std::vector<std::map<std::string, std::string>> all;
  for (const auto& line : lines) {
    if (line.data.is_array()) all.push_back(final_targets(line.data));
  }
  return all;
}

// "id: from -> to" in the order of the file: every time that an id's target is not the one known
// before. With `must_hold`, a target counts only from the second good line in a row that says so
// (the first line of the file counts always).
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
  const Reading how = preset();
  Watched watched{.endpoint = "mistral", .instance = "test"};
  watched.policy.moved.polls = polls_to_confirm;
  EndpointState state;
  std::vector<std::string> moves;
  for (const auto& line : lines) {
    Observation seen{
        .at = line.at,
        .result = std::unexpected(PollFailure{.reason = Reason::Http5xx, .sentence = "503"}),
        .request_id = ""};
    if (line.data.is_array()) {
      auto catalog = read_catalog(json{{"object", "list"}, {"data", line.data}}.dump(), how);
      REQUIRE(catalog.has_value());
      seen.result = std::make_shared<const Catalog>(std::move(*catalog));
    }
    auto advanced = advance(std::move(state), seen, watched);
    state = std::move(advanced.state);
    for (const auto& event : advanced.events) {
      if (event.type == EventType::AliasMoved)
        moves.push_back(event.alias + ": " + *event.from + " -> " + *event.to);
    }
  }
  return moves;
}

TEST_CASE("confirmed by one poll, the replay gives exactly the moves of a plain reading") {
  const auto lines = trace("mistral");
  REQUIRE(lines.size() == 39);
  const auto moves = watched_moves(lines, 1);
  CHECK(json(moves).dump() == json(plain_moves(lines, false)).dump());
  CHECK(moves.size() >= 8);
}

TEST_CASE("confirmed by two polls, moves that lasted one poll are not announced") {
  const auto lines = trace("mistral");
  const auto moves = watched_moves(lines, 2);
  CHECK(json(moves).dump() == json(plain_moves(lines, true)).dump());
  CHECK(std::find(moves.begin(), moves.end(),
                  "mistral-small-latest: mistral-small-2506 -> mistral-small-2603") != moves.end());
  for (const auto& move : moves) CHECK(move.find("mistral-medium-latest") == std::string::npos);
}

std::map<std::string, std::string> resolved(const json& data) {
  const auto catalog = read_catalog(json{{"object", "list"}, {"data", data}}.dump(), preset());
  REQUIRE(catalog.has_value());
  std::map<std::string, std::string> targets;
  for (const auto& alias : catalog->aliases) targets[alias.id] = alias.target;
  return targets;
}

TEST_CASE("the preset resolves 25 of 25 aliases where the groups of aliases resolve 13") {
  std::ifstream file{std::string{MODELVANE_GOLDEN} + "/model_lists/mistral-groups.json"};
  const json data = json::parse(std::string{std::istreambuf_iterator<char>{file}, {}})["data"];
  REQUIRE(data.size() == 48);
  const auto targets = final_targets(data);
  REQUIRE(targets.size() == 25);
  const auto known = resolved(data);
  for (const auto& [alias, target] : targets)
    CHECK(alias + " -> " + known.at(alias) == alias + " -> " + target);

  std::map<std::string, std::string> by_groups;
  for (const auto& row : data) {
    for (const std::string alias : row["aliases"]) by_groups[alias] = row["id"];
  }
  std::size_t right = 0;
  for (const auto& [alias, target] : targets) right += by_groups[alias] == target ? 1 : 0;
  CHECK(right == 13);
}

TEST_CASE(
    "the preset resolves every alias of every list of three months, also through another alias") {
  std::size_t aliases = 0;
  std::size_t most = 0;
  for (const auto& line : trace("mistral")) {
    if (!line.data.is_array()) continue;
    CAPTURE(to_rfc3339(line.at));
    const auto targets = final_targets(line.data);
    CHECK(json(resolved(line.data)).dump() == json(targets).dump());
    aliases += targets.size();
    most = std::max(most, targets.size());
  }
  CHECK(aliases == 1128);
  CHECK(most == 35);
}

}  // namespace
}  // namespace modelvane
