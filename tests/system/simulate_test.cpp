#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include "daemon/simulate/models_api.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace system_test;

namespace {

std::string url_in(const std::string& line) {
  return line.substr(line.find("http://"));
}

}  // namespace

TEST_CASE("simulate serves its script, tells each turn, and ends at SIGTERM with 0") {
  const TempFolder folder;
  const std::string script = folder.write("script.yml",
                                          "round: 2s\n"
                                          "aliases: {m-latest: m-1}\n"
                                          "scenes: [{at: 1s, for: 500ms, says: it moves, then: it "
                                          "is back, aliases: {m-latest: m-2}}]\n");
  Process simulate(
      {.arguments = {"simulate", "--listen-address", "127.0.0.1:0", "--script", script}});
  const auto line = simulate.wait_for_line("answers at http://");
  REQUIRE_MESSAGE(line, simulate.transcript());
  const std::string url = url_in(*line);
  CHECK(get(url).status == 200);
  CHECK(eventually([&] { return get(url).body.find("\"m-2\"") != std::string::npos; }));
  CHECK(simulate.wait_for_line("it moves"));
  CHECK(simulate.wait_for_line("it is back"));
  CHECK(simulate.wait_for_line("it moves", 1));
  CHECK(simulate.wait_for_line("url: " + url));
  simulate.signal(SIGTERM);
  CHECK(simulate.wait() == 0);
}

TEST_CASE("simulate tells every mistake of its script and exits with 2") {
  const TempFolder folder;
  const std::string script = folder.write("script.yml", "rounds: 2s\nmodels: 3\n");
  Process simulate(
      {.arguments = {"simulate", "--listen-address", "127.0.0.1:0", "--script", script}});
  CHECK(simulate.wait() == 2);
  CHECK(simulate.standard_error().find(script + ":1:1: rounds is not a key of a script") !=
        std::string::npos);
  CHECK(simulate.standard_error().find(script + ":2:9: models must be a list") !=
        std::string::npos);
}

TEST_CASE("simulate on a foreign interface exits with 1 and says why") {
  Process simulate({.arguments = {"simulate", "--listen-address", "0.0.0.0:0"}});
  CHECK(simulate.wait() == 1);
  CHECK(simulate.standard_error().find("is not a loopback address") != std::string::npos);
}

TEST_CASE("a streamed echo costs a few of the forty words that its answer would have") {
  const TempFolder folder;
  modelvane::simulated::ModelsApi api{
      {.script = {.aliases = {{"a-latest", "a-1"}, {"b-latest", "b-1"}, {"c-latest", "c-1"}},
                  .models = {"a-1", "b-1", "c-1"},
                  .scenes = {}}}};
  REQUIRE(api.start());
  Serve serve(folder,
              fmt::format("defaults: {{interval: 1s, timeout: 1s}}\nendpoints: [{{name: own, "
                          "provider: openai, url: \"{}\", echo: true}}]\n",
                          api.url()),
              std::map<std::string, std::string>{{"OPENAI_API_KEY", "any"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const auto is_known = [&](const std::string& letter) {
    const auto info = fmt::format(
        R"(alias_info{{endpoint="own",alias="{0}-latest",target="{0}-1",rule="echo"}} 1)", letter);
    return get(serve.url("/metrics")).body.find(info) != std::string::npos;
  };
  REQUIRE(eventually([&] { return is_known("a") && is_known("b") && is_known("c"); }));
  MESSAGE("words made for three questions: ", api.tokens());
  CHECK(api.tokens() >= 3);
  CHECK(api.tokens() <= 30);  // 120 without breaking off; a busy machine makes some more than three
}
