#include "daemon/simulate/script_file.h"

#include <doctest/doctest.h>

#include <string>

using namespace modelvane;
using namespace modelvane::simulated;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> errors_of(std::string_view yaml) {
  const auto script = parse_script(yaml, "s.yml");
  return script ? std::vector<std::string>{} : script.error();
}

}  // namespace

TEST_CASE("a script file says what the API does") {
  const auto script = parse_script(R"(
round: 90s
aliases: {m-latest: m-1, hidden-latest: "", gone-latest: ~}
models: [m-1, m-2]
scenes:
  - {at: 10s, for: 1m, says: it moves, then: it is back, aliases: {m-latest: m-2}}
  - {at: 20s, for: 5s, status: 429, delay: 250ms, list: html}
)",
                                   "s.yml");
  REQUIRE(script);
  CHECK(script->round == 90s);
  CHECK(script->aliases ==
        Targets{{"m-latest", "m-1"}, {"hidden-latest", ""}, {"gone-latest", std::nullopt}});
  CHECK(script->models == std::vector<std::string>{"m-1", "m-2"});
  REQUIRE(script->scenes.size() == 2);
  CHECK(script->scenes[0].lasts == 60s);
  CHECK(script->scenes[0].says == "it moves");
  CHECK(script->scenes[0].then == "it is back");
  CHECK(script->scenes[1].status == 429);
  CHECK(script->scenes[1].delay == 250ms);
  CHECK(script->scenes[1].list == ListKind::Html);
}

TEST_CASE("each mistake in a script file is told with its place") {
  struct Row {
    std::string yaml;
    std::string error;
  };
  const std::string head = "models: [m]\n";
  for (const Row& row : {
           Row{"", "s.yml: one YAML document is expected, 0 are there"},
           Row{head + "---\nmodels: [n]\n", "s.yml: one YAML document is expected, 2 are there"},
           Row{"[1]", "s.yml:1:1: a script must be a map of keys and values"},
           Row{"round: 10s", "s.yml:1:1: the script lists nothing: add aliases or models"},
           Row{head + "rounds: 10s",
               "s.yml:2:1: rounds is not a key of a script; known are round, aliases, models, "
               "scenes"},
           Row{head + "models: [n]", "s.yml:2:1: models stands twice in a script"},
           Row{head + "round: soon", "s.yml:2:8: round must be a duration such as 10s or 600ms"},
           Row{head + "round: 10ms", "s.yml:2:8: round must be at least 1s"},
           Row{head + "scenes: 7", "s.yml:2:9: scenes must be a list of at most 10000 scenes"},
           Row{head + "scenes: [{at: 1s}]",
               "s.yml:2:10: the scene does not say how long it lasts: add for"},
           Row{head + "scenes: [{for: 0s}]", "s.yml:2:10: for must be longer than zero"},
           Row{head + "scenes: [{at: 50s, for: 20s}]",
               "s.yml:2:10: the scene ends at 1m10s, after its round of 1m"},
           Row{head + "scenes: [{for: 1s, status: 99}]",
               "s.yml:2:28: status must be an HTTP status between 200 and 599"},
           Row{head + "scenes: [{for: 1s, status: 5o3}]",
               "s.yml:2:28: status must be an HTTP status between 200 and 599"},
           Row{head + "scenes: [{for: 1s, delay: 6m}]", "s.yml:2:27: delay must be at most 5m"},
           Row{head + "scenes: [{for: 1s, list: half}]",
               "s.yml:2:26: list must be one of normal, empty, short, html, duplicate"},
           Row{head + "scenes: [{for: 1s, aliases: [a]}]",
               "s.yml:2:29: aliases must be a map of keys and values"},
           Row{"aliases: {a: [b]}", "s.yml:1:14: a target must be text"},
       }) {
    CAPTURE(row.yaml);
    const auto errors = errors_of(row.yaml);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0] == row.error);
  }
}

TEST_CASE("all mistakes are told at once") {
  CHECK(errors_of("rounds: 1s\nmodels: 3\nscenes: [{for: x}, {list: y, for: 1s}]").size() == 4);
}

TEST_CASE("broken YAML and self-containing aliases are errors, not crashes") {
  const auto broken = errors_of("models: [m\n");
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].find("not valid YAML") != std::string::npos);
  CHECK_FALSE(errors_of("models: &a [*a]").empty());
  CHECK_FALSE(errors_of(std::string(2 * 1024 * 1024, ' ')).empty());
}

TEST_CASE("a missing script file is named") {
  const auto script = load_script("/nonexistent/script.yml");
  REQUIRE_FALSE(script);
  CHECK(script.error().at(0) ==
        "/nonexistent/script.yml: cannot be opened: does it exist, and may you read it?");
  CHECK_FALSE(load_script("/"));
}
