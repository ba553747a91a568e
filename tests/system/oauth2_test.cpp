// A provider and a receiver that want tokens, and the server that gives them out: the real daemon
// between them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

// Gives out good tokens to a client who puts its secret in the body, and ends them all when told.
struct House {
  std::atomic<int> tokens{0};
  std::atomic<int> refused{0};
  std::atomic<int> drills{0};

  std::string token() const { return fmt::format("Bearer token-{}", tokens.load()); }
  simulated::ServedReply answer(const simulated::ServedRequest& request) {
    if (request.path == "/token") {
      if (request.body.find("client_secret=hush") == std::string::npos)
        return {.status = 401, .body = R"({"error":"invalid_client"})"};
      ++tokens;
      return {.body = fmt::format(
                  R"({{"access_token":"token-{}","token_type":"Bearer","expires_in":600}})",
                  tokens.load())};
    }
    if (request.header("authorization") != token()) {
      ++refused;
      return {.status = 401};
    }
    if (request.path == "/hook") ++drills;
    return model_list({{"m-latest", "m-1"}}, {"m-1"});
  }
  FakeUpstream server{[this](const auto& request) { return answer(request); }};
};

std::string config(const House& house) {
  return fmt::format(R"(endpoints:
  - name: m
    url: "{0}/v1/models"
    interval: 1s
    timeout: 1s
    aliases: [{{field: /ref_model}}]
    oauth2: &client
      client_id: vane
      client_secret_env: CLIENT_SECRET
      token_url: "{0}/token"
      scopes: [models.read]
webhooks:
  - {{name: w, url: "{0}/hook", oauth2: *client}}
)",
                     house.server.url(""));
}

}  // namespace

TEST_CASE("polls and deliveries carry one token of the server that gives them out") {
  House house;
  const TempFolder folder;
  Serve serve{folder, config(house), Serve::Options{.environment = {{"CLIENT_SECRET", "hush"}}}};
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const auto is_up = [&] {
    return get(serve.url("/metrics")).body.find(R"(modelvane_endpoint_up{endpoint="m"} 1)") !=
           std::string::npos;
  };
  CHECK_MESSAGE(eventually(is_up), serve.process().transcript());
  Process drill{{.arguments = {"drill", "--storage.path=" + folder.file("data")}}};
  CHECK_MESSAGE(drill.wait() == 0, drill.transcript());
  CHECK(eventually([&] { return house.drills > 0; }));
  CHECK(house.tokens == 1);
  CHECK(house.refused == 0);
  CHECK(serve.process().transcript().find("hush") == std::string::npos);
}
