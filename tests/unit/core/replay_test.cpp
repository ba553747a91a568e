// Months of real lists (in the folder that MODELVANE_TRACES names), and made-up ones with the same statistics, through advance()
// with the default policy: the number of events of each type, against a plain reading of the same polls.
#include <doctest/doctest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "daemon/core/read_catalog.h"
#include "daemon/core/watch.h"
#include "tests/unit/core/plain_reader.h"
#include "tests/unit/core/trace.h"

namespace modelvane {
namespace {

using nlohmann::json;
using Counts = std::map<std::string, int>;

constexpr Duration kInterval = std::chrono::minutes{10};

// How a provider's rows are read by hand. `date` is the key of a "2026-12-31"; targets only where a row's name is not its id.
struct Provider {
  bool names_target = false;
  std::string date;
};

// One poll at each line's time, and then one every ten minutes until the next line. The last line holds for a day.
struct Poll {
  Time at;
  std::size_t line;
};
std::vector<Poll> polls_of(const Trace& trace) {
  std::vector<Poll> polls;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const Time end = i + 1 < trace.size() ? trace[i + 1].at : trace[i].at + std::chrono::days{1};
    for (Time at = trace[i].at; at < end; at += kInterval) polls.push_back({at, i});
  }
  return polls;
}

std::string ending_of(const json& row, const Provider& provider) {
  if (provider.date.empty() || !row.contains(provider.date) || !row[provider.date].is_string()) return "";
  return row[provider.date];
}

PlainList plain_list(const std::string& body, const Provider& provider) {
  PlainList list;
  const auto document = json::parse(body);
  for (const auto& row : document["data"]) {
    PlainRow& plain = list[row["id"]];
    plain.ending = ending_of(row, provider);
    if (!provider.names_target || row["name"] == row["id"]) continue;
    const std::string name = row["name"];
    const std::string& other = plain.target;
    if (other.empty()) plain.target = name;
    if (!other.empty() && other != name) plain.target = std::min(other, name) + "," + std::max(other, name);
  }
  return list;
}

Counts plainly(const Trace& trace, const Provider& provider) {
  std::vector<PlainList> lists;
  for (const auto& line : trace) lists.push_back(line.body.empty() ? PlainList{} : plain_list(line.body, provider));
  std::vector<PlainPoll> polls;
  for (const auto& poll : polls_of(trace))
    polls.push_back({.at = poll.at, .list = trace[poll.line].body.empty() ? nullptr : &lists[poll.line]});
  return plain_counts(polls);
}

std::shared_ptr<const Catalog> catalog_of(const std::string& body, const Provider& provider) {
  Reading how;
  if (provider.names_target) how.rules = {AliasRule{Rule::Field, "/name"}};
  auto read = read_catalog(body, how);
  REQUIRE(read.has_value());
  auto catalog = std::make_shared<Catalog>(std::move(*read));
  catalog->lifecycles.clear();
  for (const auto& [id, row] : plain_list(body, provider)) {
    if (!row.ending.empty())
      catalog->lifecycles.push_back({.id = id, .retires_at = parse_rfc3339(row.ending + "T00:00:00Z"), .replacement = ""});
  }
  return catalog;
}

// The rest that the plain reading knows nothing of stays out of the comparison, but not out of the counts.
struct Replayed {
  Counts compared;
  Counts others;
};

Replayed replay(const Trace& trace, const Provider& provider) {
  std::vector<std::shared_ptr<const Catalog>> catalogs;
  for (const auto& line : trace) catalogs.push_back(line.body.empty() ? nullptr : catalog_of(line.body, provider));
  const Watched watched{.endpoint = "e", .instance = "test"};
  EndpointState state;
  Replayed replayed;
  for (const auto& poll : polls_of(trace)) {
    Observation seen{.at = poll.at, .result = catalogs[poll.line], .request_id = ""};
    if (!catalogs[poll.line]) seen.result = std::unexpected(PollFailure{.reason = Reason::Http5xx, .sentence = "no"});
    auto advanced = advance(std::move(state), seen, watched);
    state = std::move(advanced.state);
    for (const auto& event : advanced.events) {
      const bool is_other = event.type == EventType::EndpointDown || event.type == EventType::EndpointUp ||
                            event.type == EventType::ModelRetirementNear;
      ++(is_other ? replayed.others : replayed.compared)[std::string{name(event.type)}];
    }
  }
  return replayed;
}

struct Row {
  std::string provider;
  Provider how;
  Counts compared;
  Counts others;
};

std::string text(const Counts& counts) {
  return json(counts).dump();
}

TEST_CASE("three months of a provider's lists make exactly the events of a plain reading") {
  const Provider mistral{.names_target = true, .date = ""};
  const auto trace = read_trace(std::string{MODELVANE_GOLDEN} + "/traces/mistral.jsonl.gz");
  const auto replayed = replay(trace, mistral);
  CHECK(text(replayed.compared) == text(plainly(trace, mistral)));
}

TEST_CASE("each provider's months make exactly so many events, and no storm of removals") {
  const char* folder = std::getenv("MODELVANE_TRACES");
  if (folder == nullptr) {
    MESSAGE("skipped: MODELVANE_TRACES names no folder with lists over time");
    return;
  }
  const std::vector<Row> rows = {
      {"fireworks",
       {},
       {{"catalog.accepted", 2}, {"catalog.quarantined", 2}, {"model.added", 15}, {"model.removed", 23}},
       {{"endpoint.down", 1}, {"endpoint.up", 1}}},
      {"gemini", {}, {{"model.added", 32}, {"model.removed", 23}}, {}},
      {"mistral",
       {.names_target = true, .date = ""},
       {{"alias.appeared", 19},
        {"alias.disclosed", 1},
        {"alias.moved", 15},
        {"alias.undisclosed", 5},
        {"alias.vanished", 13},
        {"model.added", 13},
        {"model.removed", 17}},
       {{"endpoint.down", 1}, {"endpoint.up", 1}}},
      {"openai", {}, {{"model.added", 23}, {"model.removed", 16}}, {}},
      {"openrouter",
       {.names_target = false, .date = "expiration_date"},
       {{"model.added", 116},
        {"model.removed", 109},
        {"model.retirement_changed", 20},
        {"model.retirement_cleared", 9},
        {"model.retirement_set", 55}},
       {{"endpoint.down", 4}, {"endpoint.up", 4}, {"model.retirement_near", 152}}},
      {"together",
       {},
       {{"catalog.accepted", 7}, {"catalog.quarantined", 7}, {"model.added", 218}, {"model.removed", 220}},
       {{"endpoint.down", 8}, {"endpoint.up", 8}}},
      {"xai", {}, {{"catalog.accepted", 2}, {"catalog.quarantined", 2}, {"model.added", 16}, {"model.removed", 20}}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.provider);
    const auto trace = read_trace(std::string{folder} + "/" + row.provider + ".jsonl.gz");
    const auto replayed = replay(trace, row.how);
    CHECK(text(replayed.compared) == text(plainly(trace, row.how)));
    CHECK(text(replayed.compared) == text(row.compared));
    CHECK(text(replayed.others) == text(row.others));
  }
}

// A list as those of large gateways: some 260 ids of which a few come and go, dates that appear and move, now and then an answer
// with half of the ids, and now and then none.
Trace made_up(unsigned seed) {
  std::mt19937 random{seed};
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  struct Model {
    bool is_there;
    std::string target;
    std::string date;
  };
  std::map<std::string, Model> models;
  for (int i = 0; i < 260; ++i) models["model-" + std::to_string(i)] = {.is_there = i < 240, .target = "", .date = ""};
  for (int i = 0; i < 20; ++i) models["latest-" + std::to_string(i)] = {.is_there = true, .target = "model-1", .date = ""};
  Trace trace;
  Time at{std::chrono::hours{24 * 20'000}};
  for (int line = 0; line < 120; ++line) {
    for (auto& [id, model] : models) {
      if (chance(1)) model.is_there = !model.is_there;
      if (!model.target.empty() && chance(2)) model.target = "model-" + std::to_string(random() % 4);
      if (model.target.empty() && chance(1))
        model.date = model.date.empty() ? "2090-01-0" + std::to_string(1 + random() % 3) : "";
    }
    const bool is_short = line > 0 && chance(5);
    json rows = json::array();
    for (const auto& [id, model] : models) {
      if (!model.is_there || (is_short && chance(50))) continue;
      rows.push_back({{"id", id}, {"name", model.target.empty() ? id : model.target}, {"date", model.date}});
    }
    trace.push_back({.at = at, .body = chance(5) && line > 0 ? "" : json{{"data", rows}}.dump()});
    at += std::chrono::minutes{1 + random() % 600};
  }
  return trace;
}

TEST_CASE("made-up months make the events of a plain reading, whatever comes and goes") {
  const Provider how{.names_target = true, .date = "date"};
  for (unsigned seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto trace = made_up(seed);
    const auto replayed = replay(trace, how);
    CHECK(replayed.compared.at("model.added") > 0);
    CHECK(text(replayed.compared) == text(plainly(trace, how)));
  }
}

}  // namespace
}  // namespace modelvane
