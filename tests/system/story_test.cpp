// The promises that only the whole program can keep: a change is reported once, signed, also across kill -9, restart and reload.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include "daemon/simulate/receiver.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

const std::string kSecret = "whsec_dGVzdCBzZWNyZXQgb2YgbW9kZWx2YW5lLCAyNCBieXRlcw==";

// One endpoint, one webhook, one daemon's folder.
struct Stage {
  TempFolder folder;
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1", "m-2"}); }};
  simulated::Receiver receiver{{.secrets = {kSecret}}};

  Stage() { REQUIRE(receiver.start()); }

  std::string config(const std::string& more = "") const {
    return fmt::format(R"(instance: test
defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{down: {{polls: 2}}}}}}
endpoints:
  - {{name: m, provider: internlm, url: "{}", authorization: {{credentials_env: TEST_KEY}}}}
webhooks:
  - {{name: w, url_env: TEST_HOOK, signing: {{secrets_env: [TEST_SECRET]}}}}
{})",
                       upstream.url(), more);
  }
  std::map<std::string, std::string> environment() const {
    return {{"TEST_KEY", "key-that-must-not-show"}, {"TEST_HOOK", receiver.url()}, {"TEST_SECRET", kSecret}};
  }
  void move_to(const std::string& target) {
    upstream.answer_with([target](const auto&) { return model_list({{"m-latest", target}}, {"m-1", "m-2"}); });
  }
  bool has_baseline(const Serve& serve) const {
    return eventually([&] { return get(serve.url("/metrics")).body.find("target=\"m-1\"") != std::string::npos; });
  }
  bool receives(std::size_t count) const {
    return eventually([&] { return receiver.events().size() >= count; });
  }
};

}  // namespace

TEST_CASE("a move is reported once, signed, and no secret shows anywhere") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.has_baseline(serve));
  CHECK(stage.receiver.events().empty());
  stage.move_to("m-2");
  REQUIRE(stage.receives(1));
  // Enough further polls for a second report, were there one.
  CHECK(stage.upstream.wait_for_requests(4));
  const auto events = stage.receiver.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "alias.moved");
  CHECK(events[0].subject == "m/m-latest");
  CHECK(events[0].is_signed);
  const std::string metrics = get(serve.url("/metrics")).body;
  CHECK(metrics.find("target=\"m-2\"") != std::string::npos);
  CHECK(metrics.find("target=\"m-1\"") == std::string::npos);

  serve.process().signal(SIGTERM);
  CHECK(serve.process().wait() == 0);
  for (const std::string& text : {serve.process().transcript(), metrics, events[0].body}) {
    CHECK(text.find("key-that-must-not-show") == std::string::npos);
    CHECK(text.find(kSecret.substr(6)) == std::string::npos);
  }
}

TEST_CASE("a move that happened while modelvane was killed is reported at the next start, from the old target") {
  Stage stage;
  {
    Serve serve(stage.folder, stage.config(), stage.environment());
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(stage.has_baseline(serve));
    serve.process().kill();
  }
  stage.move_to("m-2");
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.receives(1));
  CHECK(stage.receiver.events()[0].summary == "m-latest moved from m-1 to m-2");
}

TEST_CASE("an event that could not be delivered survives kill -9 and arrives with the same id") {
  Stage stage;
  stage.receiver.answer_with(503);
  {
    Serve serve(stage.folder, stage.config(), stage.environment());
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(stage.has_baseline(serve));
    stage.move_to("m-2");
    REQUIRE(eventually([&] { return stage.receiver.counts().requests >= 1; }));
    serve.process().kill();
  }
  stage.receiver.answer_with(0);
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.receives(1));
  CHECK(stage.receiver.events()[0].type == "alias.moved");
  CHECK(stage.receiver.counts().taken == 1);
}

TEST_CASE("SIGHUP applies a changed file as a whole, and keeps the old one when the new has a mistake") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.has_baseline(serve));

  stage.folder.write("modelvane.yml", stage.config("endpointz: []\n"));
  serve.process().signal(SIGHUP);
  CHECK(eventually(
      [&] { return get(serve.url("/metrics")).body.find("modelvane_config_last_reload_successful 0") != std::string::npos; }));

  stage.folder.write("modelvane.yml", stage.config("storage: {retention: 10d}\n"));
  serve.process().signal(SIGHUP);
  CHECK(eventually(
      [&] { return get(serve.url("/metrics")).body.find("modelvane_config_last_reload_successful 1") != std::string::npos; }));
  // What was known before the reload is known after it: this is a move, not a new baseline.
  stage.move_to("m-2");
  CHECK(stage.receives(1));
}
