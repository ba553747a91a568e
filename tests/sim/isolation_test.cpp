// Whose network is gone: the engine with many hosts, in virtual time.
#include <doctest/doctest.h>

#include "daemon/engine/engine.h"
#include "tests/sim/world.h"

namespace modelvane::sim {
namespace {

using namespace std::chrono_literals;

World world_of_hosts(int hosts) {
  World world{1};
  for (int i = 0; i < hosts; ++i) world.add_endpoint("h" + std::to_string(i), {{"latest", "v1"}});
  world.add_webhook("oncall");
  world.start();
  world.run_for(5min);
  return world;
}

TEST_CASE("when every host is out of reach no endpoint is told down; one that stays so is") {
  World world = world_of_hosts(6);
  for (auto& [name, upstream] : world.transport.upstreams) upstream.hangs = true;
  world.run_for(10min);
  CHECK(types(world) == std::vector<std::string>{"daemon.isolated"});
  CHECK(world.seen().daemon.is_isolated);
  for (auto& [name, upstream] : world.transport.upstreams) upstream.hangs = name == "h3";
  world.run_for(10min);
  CHECK(types(world) ==
        std::vector<std::string>{"daemon.isolated", "daemon.rejoined", "endpoint.down"});
  CHECK_FALSE(world.seen().daemon.is_isolated);
}

TEST_CASE("when every host stays out of reach they are told down after a quarter of an hour") {
  World world = world_of_hosts(4);
  for (auto& [name, upstream] : world.transport.upstreams) upstream.hangs = true;
  world.run_for(25min);
  int downs = 0;
  for (const auto& event : world.stored_events()) {
    if (event.type != EventType::EndpointDown) continue;
    ++downs;
    CHECK(event.is_isolated);
  }
  CHECK(downs == 4);
  CHECK(types(world).front() == "daemon.isolated");
}

TEST_CASE("with few hosts the connectivity targets tell whose network is gone") {
  World world = world_of_hosts(2);
  world.config.connectivity_targets = {"gateway:53"};
  world.add_endpoint("gateway:53", {});
  world.config.endpoints.pop_back();
  auto& gateway = world.transport.upstreams["gateway:53"];
  gateway.refusal = 400;
  world.engine->reload(world.config);
  world.run_for(5min);
  auto& upstream = world.transport.upstreams["h0"];
  SUBCASE("one of them answers: it is the endpoint's own trouble") {
    upstream.hangs = true;
    world.run_for(5min);
    CHECK(types(world) == std::vector<std::string>{"endpoint.down"});
  }
  SUBCASE("none does: it is ours") {
    gateway.refusal = 0;
    for (auto& [name, other] : world.transport.upstreams) other.hangs = true;
    world.run_for(5min);
    CHECK(types(world) == std::vector<std::string>{"daemon.isolated"});
    CHECK(world.seen().daemon.is_isolated);
  }
}

TEST_CASE("a poll that this machine could not make is nobody's failure, and is made again soon") {
  World world = world_of_hosts(1);
  world.transport.lacks = Shortage::Descriptors;
  world.run_for(20min);
  CHECK(types(world).empty());
  CHECK(world.seen().daemon.polls_not_made[0] > 100);
  CHECK(world.seen().endpoints[0]->failures == decltype(EndpointView::failures){});
  world.transport.lacks.reset();
  const auto polls = world.seen().endpoints[0]->polls;
  world.run_for(6s);
  CHECK(world.seen().endpoints[0]->polls == polls + 1);
}

}  // namespace
}  // namespace modelvane::sim
