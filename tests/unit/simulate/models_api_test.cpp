#include "daemon/simulate/models_api.h"

#include <doctest/doctest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace modelvane::simulated;
using namespace std::chrono_literals;

namespace {

// A models API whose time stands where the test puts it.
struct ApiStage {
  std::atomic<std::int64_t> seconds{0};
  ModelsApi api{{.elapsed = [this] { return Duration{std::chrono::seconds{seconds}}; }}};

  ApiStage() { REQUIRE(api.start()); }
  Reply at(std::int64_t second) {
    seconds = second;
    return get(api.url());
  }
};

std::string target_in(const Reply& reply, std::size_t row) {
  return nlohmann::json::parse(reply.body).at("data").at(row).at("ref_model");
}

}  // namespace

TEST_CASE("the models API follows its script") {
  ApiStage stage;
  const Reply first = stage.at(0);
  CHECK(first.status == 200);
  CHECK(first.content_type == "application/json");
  CHECK(target_in(first, 1) == "internlm3-8b-instruct");
  CHECK(target_in(stage.at(15), 1) == "internlm3-20b-instruct");
  CHECK(stage.at(25).status == 503);
  CHECK(nlohmann::json::parse(stage.at(42).body).at("data").empty());
  CHECK(stage.api.requests() == 4);
}

TEST_CASE("the models API answers 404 on other paths, and does not count them") {
  ApiStage stage;
  const std::string url = stage.api.url();
  CHECK(get(url.substr(0, url.rfind('/')) + "/chat").status == 404);
  CHECK(stage.api.requests() == 0);
}

TEST_CASE("a slow answer is cut short by stop") {
  Script script;
  script.models = {"m"};
  script.scenes = {{.lasts = 60s, .delay = 60s}};
  ModelsApi api({.script = script});
  REQUIRE(api.start());
  std::jthread client([url = api.url()] { get(url); });
  while (api.requests() == 0) std::this_thread::yield();
  const auto before = std::chrono::steady_clock::now();
  api.stop();
  CHECK(std::chrono::steady_clock::now() - before < 10s);
}

TEST_CASE("a taken port and a foreign interface are errors with a way out") {
  ApiStage stage;
  const std::string url = stage.api.url();
  const std::string address = url.substr(7, url.find('/', 7) - 7);
  ModelsApi second({.listen_address = address});
  const auto taken = second.start();
  REQUIRE_FALSE(taken);
  CHECK(taken.error() ==
        "cannot listen on " + address + ": is another program using the port? Choose another one");

  ModelsApi open({.listen_address = "0.0.0.0:0"});
  const auto foreign = open.start();
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().find("is not a loopback address") != std::string::npos);

  for (const char* malformed :
       {"127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "127.0.0.1:-1"}) {
    CAPTURE(malformed);
    CHECK_FALSE(ModelsApi({.listen_address = malformed}).start());
  }
}

TEST_CASE("a models API can be started again on the same port at once") {
  std::string address;
  {
    ApiStage stage;
    const std::string url = stage.api.url();
    address = url.substr(7, url.find('/', 7) - 7);
    CHECK(stage.at(0).status == 200);
  }
  ModelsApi again({.listen_address = address});
  CHECK(again.start());
  CHECK(get(again.url()).status == 200);
}

TEST_CASE("a completion names the model behind the alias, at once or as a stream of events") {
  ApiStage stage;
  stage.at(0);
  const std::string url =
      stage.api.url().substr(0, stage.api.url().rfind('/')) + "/chat/completions";
  const auto whole = post(url, R"({"model":"internlm3-latest"})", {});
  CHECK(nlohmann::json::parse(whole.body).at("model") == "internlm3-8b-instruct");
  const auto stream = post(url, R"({"model":"internlm3-latest","stream":true})", {});
  CHECK(stream.content_type == "text/event-stream");
  CHECK(stream.body.starts_with("data: {"));
  CHECK(stream.body.find(R"("model":"internlm3-8b-instruct")") != std::string::npos);
  CHECK(stream.body.ends_with("data: [DONE]\n\n"));
  CHECK(post(url, R"({"model":"nobody"})", {}).status == 404);
  CHECK(post(url, "[]", {}).status == 400);
}
