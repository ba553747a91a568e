#include "daemon/simulate/script.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace modelvane;
using namespace modelvane::simulated;
using namespace std::chrono_literals;

namespace {

std::string target_of(const Answer& answer, const std::string& alias) {
  const auto found = answer.aliases.find(alias);
  if (found == answer.aliases.end()) return "(no row)";
  return found->second.value_or("(row missing)");
}

nlohmann::json rows_of(const Answer& answer) {
  return nlohmann::json::parse(render(answer).text).at("data");
}

Script two_scenes() {
  Script script;
  script.round = 10s;
  script.aliases = {{"a-latest", "a-1"}, {"b-latest", "b-1"}};
  script.scenes = {{.at = 2s,
                    .lasts = 6s,
                    .says = "a moves",
                    .then = "a is back",
                    .aliases = {{"a-latest", "a-2"}}},
                   {.at = 4s,
                    .lasts = 6s,
                    .says = "b moves",
                    .then = "b is back",
                    .aliases = {{"b-latest", "b-2"}},
                    .status = 500}};
  return script;
}

}  // namespace

TEST_CASE("the built-in script moves internlm3-latest at 12 s and takes it back at 56 s") {
  const Script script = built_in_script();
  struct Row {
    Duration at;
    std::string target;
  };
  for (const Row& row : {Row{0s, "internlm3-8b-instruct"}, Row{11999ms, "internlm3-8b-instruct"},
                         Row{12s, "internlm3-20b-instruct"}, Row{55999ms, "internlm3-20b-instruct"},
                         Row{56s, "internlm3-8b-instruct"}, Row{59s, "internlm3-8b-instruct"}}) {
    CAPTURE(to_text(row.at));
    CHECK(target_of(what_at(script, row.at), "internlm3-latest") == row.target);
    CHECK(target_of(what_at(script, row.at), "internvl2.5-latest") == "internvl2.5-78b");
  }
}

TEST_CASE("the built-in script has one spell of each trouble") {
  const Script script = built_in_script();
  CHECK(what_at(script, 19s).status == 200);
  CHECK(what_at(script, 20s).status == 503);
  CHECK(what_at(script, 29999ms).status == 503);
  CHECK(what_at(script, 30s).status == 200);
  CHECK(what_at(script, 35s).delay == 600ms);
  CHECK(what_at(script, 38s).delay == 0s);
  CHECK(what_at(script, 42s).list == ListKind::Empty);
  CHECK(what_at(script, 50s).list == ListKind::Short);
  CHECK(what_at(script, 53s).list == ListKind::Normal);
}

TEST_CASE("a script starts again after its round") {
  const Script script = built_in_script();
  CHECK(target_of(what_at(script, 60s + 13s), "internlm3-latest") == "internlm3-20b-instruct");
  CHECK(what_at(script, 1200s + 25s).status == 503);
}

TEST_CASE("overlapping scenes both show, and the later one wins where they disagree") {
  Script script = two_scenes();
  const Answer both = what_at(script, 5s);
  CHECK(target_of(both, "a-latest") == "a-2");
  CHECK(target_of(both, "b-latest") == "b-2");
  CHECK(both.status == 500);
  script.scenes[1].aliases = {{"a-latest", "a-3"}};
  CHECK(target_of(what_at(script, 5s), "a-latest") == "a-3");
  CHECK(target_of(what_at(script, 3s), "a-latest") == "a-2");
}

TEST_CASE("turns are told in order, once, and across rounds") {
  const Script script = two_scenes();
  const auto turns = turns_between(script, 0s, 13s);
  REQUIRE(turns.size() == 5);
  CHECK(turns[0].at == 2s);
  CHECK(turns[0].says == "a moves");
  CHECK(turns[1].at == 4s);
  CHECK(turns[2].says == "a is back");
  // The scene that ends with its round is told at the round's end.
  CHECK(turns[3].at == 10s);
  CHECK(turns[3].says == "b is back");
  CHECK(turns[4].at == 12s);
  CHECK(turns_between(script, 2s, 3s).empty());
  CHECK(turns_between(script, 1s, 2s).size() == 1);
}

TEST_CASE("walking from turn to turn tells the same as one long look") {
  const Script script = built_in_script();
  std::vector<std::string> walked;
  Duration now{0};
  while (now < 180s) {
    const auto next = next_turn(script, now);
    REQUIRE(next);
    REQUIRE(*next > now);
    for (const Turn& turn : turns_between(script, now, *next)) walked.push_back(turn.says);
    now = *next;
  }
  std::vector<std::string> looked;
  for (const Turn& turn : turns_between(script, 0s, now)) looked.push_back(turn.says);
  CHECK(walked == looked);
  CHECK(walked.size() >= 30);
}

TEST_CASE("a script that says nothing has no next turn") {
  Script script = two_scenes();
  for (Scene& scene : script.scenes) scene.says = scene.then = "";
  CHECK_FALSE(next_turn(script, 1s));
}

TEST_CASE("a normal list has InternLM's shape: alias rows with ref_model, concrete rows without") {
  const Body body = render(what_at(built_in_script(), 0s));
  CHECK(body.content_type == "application/json");
  const auto json = nlohmann::json::parse(body.text);
  CHECK(json.at("object") == "list");
  REQUIRE(json.at("data").size() == 6);
  const auto& alias = json.at("data").at(1);
  CHECK(alias == nlohmann::json{{"id", "internlm3-latest"},
                                {"object", "model"},
                                {"ref_model", "internlm3-8b-instruct"},
                                {"created", 1722424576},
                                {"owned_by", "SH-AILab"}});
  CHECK_FALSE(json.at("data").at(3).contains("ref_model"));
}

TEST_CASE("each kind of list is what its name says") {
  Answer answer = what_at(built_in_script(), 0s);
  answer.list = ListKind::Empty;
  CHECK(rows_of(answer).empty());
  answer.list = ListKind::Short;
  CHECK(rows_of(answer).size() == 2);
  answer.list = ListKind::Duplicate;
  CHECK(rows_of(answer).size() == 12);
  CHECK(rows_of(answer).at(0) == rows_of(answer).at(1));
  answer.list = ListKind::Html;
  CHECK(render(answer).content_type.starts_with("text/html"));
  CHECK(render(answer).text.starts_with("<!doctype html>"));
}

TEST_CASE("an answer that is not 2xx has an error body, whatever the list") {
  Answer answer = what_at(built_in_script(), 25s);
  CHECK(nlohmann::json::parse(render(answer).text).contains("error"));
}

TEST_CASE("a hidden target leaves the row without ref_model, a missing row leaves no row") {
  Answer answer;
  answer.aliases = {{"hidden-latest", ""}, {"gone-latest", std::nullopt}};
  const auto rows = rows_of(answer);
  REQUIRE(rows.size() == 1);
  CHECK(rows.at(0).at("id") == "hidden-latest");
  CHECK_FALSE(rows.at(0).contains("ref_model"));
}
