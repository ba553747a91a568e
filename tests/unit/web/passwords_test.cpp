// Names, passwords and headers of --web.config.file, over the wire.
#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/web/client.h"
#include "tests/unit/web/credentials.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;

namespace {

World protected_world(const WebConfig& config) {
  return World{WebOptions{.listen_addresses = {"127.0.0.1:0"}, .protection = protection(config)}};
}

Answer get_as(const World& world, const std::string& path, const std::string& credentials) {
  return get(world.address(), path, "Authorization: " + basic(credentials) + "\r\n");
}

}  // namespace

TEST_CASE(
    "without a password there is a challenge, for every path and method, and nothing happens") {
  auto world = protected_world({.users = {{"alice", hash_of("secret")}}});
  bool was_reloaded = false;
  world.reload = [&]() -> std::expected<void, std::string> {
    was_reloaded = true;
    return {};
  };
  for (const auto* path :
       {"/", "/metrics", "/-/healthy", "/api/v1/aliases", "/api/v1/events/stream", "/nowhere"}) {
    const auto refused = get(world.address(), path);
    CHECK(refused.status == 401);
    CHECK(refused.header("www-authenticate") == "Basic realm=\"modelvane\", charset=\"UTF-8\"");
    CHECK(refused.body.find("wants a user name and a password") != std::string::npos);
  }
  CHECK(fetch(world.address(), request("POST", "/-/reload")).status == 401);
  CHECK_FALSE(was_reloaded);
  CHECK(fetch(world.address(), request("HEAD", "/metrics")).body.empty());
  CHECK(get_as(world, "/metrics", "alice:wrong")
            .body.find("the user name or the password is wrong") != std::string::npos);
  CHECK(get_as(world, "/metrics", "alice:secret").status == 200);
  CHECK(fetch(world.address(),
              request("POST", "/-/reload", "Authorization: " + basic("alice:secret") + "\r\n"))
            .status == 200);
  CHECK(was_reloaded);
}

TEST_CASE("a wrong password is counted and told, a missing one is not") {
  auto world = protected_world({.users = {{"alice", hash_of("secret")}}});
  CHECK(get(world.address(), "/metrics").status == 401);
  CHECK(world.server.refused() == RefusalCounts{});
  CHECK(get_as(world, "/metrics", "alice:wrong").status == 401);
  CHECK(get_as(world, "/metrics", "nobody:wrong").status == 401);
  CHECK(world.server.refused()[static_cast<std::size_t>(RefusalCause::Password)] == 2);
  REQUIRE(world.failed_logins.size() == 1);
  CHECK(world.failed_logins[0].user == "alice");
  CHECK(world.failed_logins[0].peer == "127.0.0.1");
}

TEST_CASE("a flood of wrong passwords does not keep out who was in before") {
  auto world = protected_world({.users = {{"alice", hash_of("secret", 10)}}});
  REQUIRE(get_as(world, "/metrics", "alice:secret").status == 200);
  std::vector<Client> flood;
  for (int i = 0; i < 40; ++i) {
    flood.emplace_back(world.address());
    flood.back().send(request(
        "GET", "/metrics", "Authorization: " + basic("alice:guess" + std::to_string(i)) + "\r\n"));
  }
  CHECK(get_as(world, "/metrics", "alice:secret").status == 200);
  int busy = 0;
  for (const auto& client : flood) {
    const auto status = client.read_answer().status;
    CHECK((status == 401 || status == 503));
    busy += status == 503 ? 1 : 0;
  }
  CHECK(busy > 0);
}

TEST_CASE("a flood of guesses keeps out nobody with another name") {
  auto world =
      protected_world({.users = {{"alice", hash_of("secret", 8)}, {"bob", hash_of("secret", 8)}}});
  std::vector<Client> flood;
  for (int i = 0; i < 60; ++i) {
    const std::string name = i % 2 == 0 ? "alice" : "nobody" + std::to_string(i);
    flood.emplace_back(world.address());
    flood.back().send(request("GET", "/metrics",
                              "Authorization: " + basic(name + ":" + std::to_string(i)) + "\r\n"));
  }
  CHECK(get_as(world, "/metrics", "bob:secret").status == 200);
}

TEST_CASE("headers of the file come with every answer that does not set them itself") {
  auto world = protected_world({.headers = {{"Strict-Transport-Security", "max-age=60"},
                                            {"x-content-type-options", "sniff"}}});
  const auto metrics = get(world.address(), "/metrics");
  CHECK(metrics.header("strict-transport-security") == "max-age=60");
  CHECK(metrics.header("x-content-type-options") == "nosniff");
  CHECK(metrics.body.find("modelvane_build_info") != std::string::npos);
}

TEST_CASE("headers of the file come with what no route answers, too") {
  const auto file = protection({.headers = {{"Strict-Transport-Security", "max-age=60"}}});
  const World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                               .protection = file,
                               .limits = {.head_deadline = std::chrono::milliseconds{200}}}};
  const auto long_path = "/" + std::string(300, 'a');
  const std::vector<std::pair<int, std::string>> requests{
      {200, request("GET", "/metrics")},
      {404, request("GET", "/nowhere")},
      {400, "GET\r\n\r\n"},
      {405, request("PUT", "/metrics")},
      {408, "GET /metrics HTTP/1.1\r\n"},
      {414, request("GET", long_path)},
      {431, std::string(100'000, 'a')},
  };
  for (const auto& [status, raw] : requests) {
    CAPTURE(status);
    const auto answer = fetch(world.address(), raw);
    CHECK(answer.status == status);
    CHECK(answer.header("strict-transport-security") == "max-age=60");
  }
  const World full{WebOptions{
      .listen_addresses = {"127.0.0.1:0"}, .protection = file, .limits = {.connections = 0}}};
  const auto busy = get(full.address(), "/metrics");
  CHECK(busy.status == 503);
  CHECK(busy.header("strict-transport-security") == "max-age=60");
}

TEST_CASE("a changed protection counts from the next request on") {
  auto world = protected_world({.users = {{"alice", hash_of("secret")}}});
  CHECK(get_as(world, "/metrics", "alice:secret").status == 200);
  world.server.protect(protection({.users = {{"bob", hash_of("secret")}}}));
  CHECK(get_as(world, "/metrics", "alice:secret").status == 401);
  CHECK(get_as(world, "/metrics", "bob:secret").status == 200);
  world.server.protect(nullptr);
  CHECK(get(world.address(), "/metrics").status == 200);
}
