// What operators do through the API, over the wire: who may, and what is asked of the daemon.
#include <crypt.h>
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/web/client.h"
#include "tests/unit/web/credentials.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;

namespace {

// A server with two users, of whom bob may only read, that remembers what it was asked for.
struct Desk {
  World world;
  std::vector<OperatorRequest> asked;

  Desk()
      : world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .protection = protection({.users = {{"alice", hash_of("secret")},
                                                             {"bob", hash_of("secret")}}})}} {
    world.snapshot.daemon.read_only_users =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bob"});
    world.operate = [this](const OperatorRequest& request) {
      asked.push_back(request);
      return OperatorResult{.sentence = "done", .event_id = "evt_1"};
    };
  }
  Answer send(const std::string& method, const std::string& target,
              const std::string& user = "alice", const std::string& headers = "") {
    return fetch(
        world.address(),
        request(method, target, "Authorization: " + basic(user + ":secret") + "\r\n" + headers));
  }
};

std::string token_of(Desk& desk, const std::string& user) {
  return nlohmann::json::parse(desk.send("GET", "/api/v1/session", user).body)["token"];
}

}  // namespace

TEST_CASE("an act becomes the request that a command would make, with the name of who asks") {
  Desk desk;
  CHECK(desk.send("POST", "/api/v1/pins?endpoint=internlm&alias=a%2Fb").status == 200);
  CHECK(desk.send("POST", "/api/v1/pins?endpoint=internlm&alias=x&target=m1&target=m2,3").status ==
        200);
  CHECK(desk.send("DELETE", "/api/v1/pins?endpoint=internlm&alias=x").status == 200);
  CHECK(desk.send("POST", "/api/v1/deliveries/42/on%20call/retry").status == 200);
  CHECK(desk.send("POST", "/api/v1/deliveries/43/oncall/drop").status == 200);
  const auto drill = desk.send("POST", "/api/v1/drill?webhook=oncall&type=alias.moved");
  CHECK(drill.status == 200);
  CHECK(nlohmann::json::parse(drill.body) ==
        nlohmann::json{{"result", "done"}, {"event", "evt_1"}});
  const std::string alice = "alice";
  CHECK(desk.asked == std::vector<OperatorRequest>{{.action = OperatorAction::AcceptPin,
                                                    .endpoint = "internlm",
                                                    .alias = "a/b",
                                                    .operator_name = alice},
                                                   {.action = OperatorAction::SetPin,
                                                    .endpoint = "internlm",
                                                    .alias = "x",
                                                    .targets = {"m1", "m2,3"},
                                                    .operator_name = alice},
                                                   {.action = OperatorAction::RemovePin,
                                                    .endpoint = "internlm",
                                                    .alias = "x",
                                                    .operator_name = alice},
                                                   {.action = OperatorAction::RetryDelivery,
                                                    .deliveries = {{42, "on call"}},
                                                    .operator_name = alice},
                                                   {.action = OperatorAction::DropDelivery,
                                                    .deliveries = {{43, "oncall"}},
                                                    .operator_name = alice},
                                                   {.action = OperatorAction::Drill,
                                                    .webhooks = {"oncall"},
                                                    .type = EventType::AliasMoved,
                                                    .operator_name = alice}});
}

TEST_CASE("what is asked for wrongly is refused, and nothing is asked of the daemon") {
  Desk desk;
  CHECK(desk.send("POST", "/api/v1/pins?endpoint=internlm").status == 400);
  CHECK(desk.send("POST", "/api/v1/pins?endpoint=internlm&alias=a&aim=b").status == 400);
  CHECK(desk.send("POST", "/api/v1/drill?type=alias.flew").status == 400);
  CHECK(desk.send("POST", "/api/v1/deliveries/x/oncall/retry").status == 404);
  CHECK(desk.send("POST", "/api/v1/deliveries/1/oncall/eat").status == 404);
  CHECK(desk.send("POST", "/metrics").status == 405);
  CHECK(desk.send("DELETE", "/api/v1/drill").status == 405);
  CHECK(desk.send("GET", "/api/v1/drill").header("allow") == "POST");
  CHECK(desk.asked.empty());
}

TEST_CASE("the daemon's own refusal is an answer, not an error of the server") {
  Desk desk;
  desk.world.operate = [](const OperatorRequest&) {
    return OperatorResult{.ok = false, .sentence = "the daemon watches no endpoint x"};
  };
  const auto refused = desk.send("POST", "/api/v1/pins?endpoint=x&alias=y");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("watches no endpoint x") != std::string::npos);
  desk.world.operate = [](const OperatorRequest&) -> std::expected<OperatorResult, std::string> {
    return std::unexpected("the database is locked");
  };
  CHECK(desk.send("POST", "/api/v1/pins?endpoint=x&alias=y").status == 503);
}

TEST_CASE("who may only read does not act, reload included") {
  Desk desk;
  for (const auto* target : {"/api/v1/pins?endpoint=internlm&alias=x", "/-/reload"})
    CHECK(desk.send("POST", target, "bob").status == 403);
  CHECK(desk.send("GET", "/api/v1/pins", "bob").status == 200);
  CHECK(desk.send("POST", "/-/reload", "alice").status == 200);
  const auto session = nlohmann::json::parse(desk.send("GET", "/api/v1/session", "bob").body);
  CHECK(session == nlohmann::json{{"user", "bob"}, {"may_act", false}, {"token", nullptr}});
  CHECK(desk.asked.empty());
}

TEST_CASE("a browser must send the token of its session") {
  Desk desk;
  const std::string target = "/api/v1/pins?endpoint=internlm&alias=x";
  const std::string origin = std::string{"Origin: http://localhost"} + "\r\n";
  const auto token = [&](const std::string& user) {
    return "X-Modelvane-Token: " + token_of(desk, user) + "\r\n";
  };
  CHECK(desk.send("POST", target, "alice", origin).status == 403);
  CHECK(desk.send("POST", target, "alice", "Sec-Fetch-Site: same-origin\r\n").status == 403);
  CHECK(desk.send("POST", target, "alice", origin + "X-Modelvane-Token: abc\r\n").status == 403);
  CHECK(desk.asked.empty());
  CHECK(desk.send("POST", target, "alice", origin + token("alice")).status == 200);
  CHECK(desk.asked.size() == 1);
}

TEST_CASE("where nobody is asked for a password, nobody acts through the API") {
  World world;
  const auto refused = fetch(world.address(), request("POST", "/api/v1/drill"));
  CHECK(refused.status == 403);
  CHECK(refused.body.find("--web.config.file") != std::string::npos);
  const auto session = nlohmann::json::parse(get(world.address(), "/api/v1/session").body);
  CHECK(session == nlohmann::json{{"user", nullptr}, {"may_act", false}, {"token", nullptr}});
}

TEST_CASE("a poll may be asked for without a user, of an endpoint that exists or of all") {
  World world;
  CHECK(fetch(world.address(), request("POST", "/-/poll?endpoint=internlm")).status == 202);
  CHECK(world.polled == std::vector<std::string>{"internlm"});
  CHECK(fetch(world.address(), request("POST", "/-/poll?endpoint=intern")).status == 404);
  CHECK(fetch(world.address(), request("POST", "/-/poll?name=internlm")).status == 400);
  CHECK(get(world.address(), "/-/poll").status == 405);
  CHECK(world.polled.size() == 1);
  CHECK(fetch(world.address(), request("POST", "/-/poll")).status == 202);
  CHECK(world.polled.size() == 4);
}

TEST_CASE("/probe shows the series of one configured endpoint and nothing of others") {
  World world;
  const auto one = get(world.address(), "/probe?target=internlm");
  CHECK(one.status == 200);
  CHECK(one.body.find("modelvane_endpoint_up{endpoint=\"internlm\"") != std::string::npos);
  CHECK(one.body.find("endpoint=\"dead\"") == std::string::npos);
  CHECK(one.body.find("modelvane_build_info") == std::string::npos);
  CHECK(get(world.address(), "/probe?target=http://internal/").status == 404);
  CHECK(get(world.address(), "/probe").status == 400);
}
