// Made-up lists with the statistics of real ones, so that every machine of advance() meets what it
// is made for.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/replay/polls.h"

namespace modelvane {
namespace {

using nlohmann::json;

// A list as those of large gateways: some 260 ids of which a few come and go, dates that appear and
// move, now and then an answer with half of the ids, and now and then none.
Trace made_up(unsigned seed) {
  std::mt19937 random{seed};
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  struct Model {
    bool is_there;
    std::string target;
    std::string date;
  };
  std::map<std::string, Model> models;
  for (int i = 0; i < 260; ++i)
    models["model-" + std::to_string(i)] = {.is_there = i < 240, .target = "", .date = ""};
  for (int i = 0; i < 20; ++i)
    models["latest-" + std::to_string(i)] = {.is_there = true, .target = "model-1", .date = ""};
  Trace trace;
  Time at{std::chrono::days{20'000}};
  for (int line = 0; line < 120; ++line) {
    for (auto& [id, model] : models) {
      if (chance(1)) model.is_there = !model.is_there;
      if (!model.target.empty() && chance(2))
        model.target = "model-" + std::to_string(random() % 4);
      if (model.target.empty() && chance(1))
        model.date = model.date.empty() ? "2024-10-" + std::to_string(10 + random() % 22) : "";
    }
    const bool is_short = line > 0 && chance(5);
    json rows = json::array();
    for (const auto& [id, model] : models) {
      if (!model.is_there || (is_short && chance(50))) continue;
      rows.push_back(
          {{"id", id}, {"name", model.target.empty() ? id : model.target}, {"date", model.date}});
    }
    trace.push_back({.at = at, .body = chance(5) && line > 0 ? "" : json{{"data", rows}}.dump()});
    at += std::chrono::minutes{1 + random() % 600};
  }
  return trace;
}

TEST_CASE("made-up months make the events of a plain reading, whatever comes and goes") {
  const PlainProvider plain{.has_targets = true, .end = "date"};
  Reading how;
  how.rules = {AliasRule{Rule::Field, "/name"}};
  how.lifecycle.retires_at = {"/date"};
  for (unsigned seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto trace = made_up(seed);
    const auto replayed = replay(trace, how);
    CHECK(replayed.events.at("model.added") > 0);
    CHECK(replayed.events.at("model.retirement_near") > 0);
    CHECK(text(replayed.events) == text(plainly(trace, plain)));
  }
}

}  // namespace
}  // namespace modelvane
