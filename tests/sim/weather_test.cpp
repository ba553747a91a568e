// Weeks of one troubled daemon: clocks that are set, its own network gone, planned work, servers
// whose validators lie, crashes; and among them real outages and moves. Each of these is told,
// once, and delivered, and nothing else is. Replay one: MODELVANE_SIM_SEED=17 build/.../sim
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "tests/sanitized.h"
#include "tests/sim/world.h"

namespace modelvane::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSteps = 1'000'000 / kSanitizerSlowdown;  // turns of the engine's loop
constexpr int kActs = 40;                                         // of one world
// A list whose validator lies is read whole after 30 polls.
constexpr Duration kMoveIsFound = 45min;
constexpr Duration kCalm = 20min;

struct Weather {
  World world;
  std::vector<std::string> expected;  // "endpoint.down h3"
  int version = 1;
  std::uint64_t steps = 0;

  explicit Weather(std::uint64_t seed) : world(seed) {
    for (int i = 0; i < 5; ++i) {
      world.add_endpoint(fmt::format("h{}", i), {{"latest", "v1"}});
      world.transport.upstreams[fmt::format("h{}", i)].lies = i >= 3;
    }
    world.add_webhook("oncall");
    world.start();
    world.run_for(10min);
  }
  Duration some(Duration least, Duration most) {
    const auto span = static_cast<std::uint64_t>((most - least).count());
    return least + Duration{static_cast<Duration::rep>(world.random() % span)};
  }
  std::string someone() { return fmt::format("h{}", world.random() % 5); }
  Upstream& at(const std::string& name) { return world.transport.upstreams[name]; }

  void set_clock() {
    const Duration step = some(1s, 72h);
    world.clock.wall_ahead += chance(world.random, 0.5) ? step : -step;
  }
  void lose_network() {
    for (auto& [name, upstream] : world.transport.upstreams) upstream.hangs = true;
    // A receiver that takes events would show that there is a network.
    world.transport.receivers["oncall"].hangs = true;
    world.run_for(some(2min, 12min));
    world.transport.receivers["oncall"].hangs = false;
    for (auto& [name, upstream] : world.transport.upstreams) upstream.hangs = false;
  }
  void fail(const std::string& name, Duration span) {
    at(name).hangs = chance(world.random, 0.5);
    at(name).refusal = at(name).hangs ? 0 : 500;
    world.run_for(span);
    at(name).hangs = false;
    at(name).refusal = 0;
  }
  void do_planned_work() {
    const auto name = someone();
    const Time begin = world.clock.wall();
    world.config.maintenance = {
        {.name = "work", .endpoints = {name}, .when = OnceWindow{begin, begin + 1h}}};
    world.engine->reload(world.config);
    fail(name, some(10min, 50min));
    world.config.maintenance.clear();
    world.engine->reload(world.config);
  }
  void have_outage() {
    const auto name = someone();
    fail(name, some(15min, 60min));
    expected.push_back("endpoint.down " + name);
    expected.push_back("endpoint.up " + name);
  }
  void move() {
    const auto name = someone();
    at(name).move("latest", fmt::format("v{}", ++version), world.clock.now);
    world.run_for(kMoveIsFound);
    expected.push_back("alias.moved " + name);
  }
  void crash() {
    steps += world.engine->heartbeat();
    world.crash();
    world.clock.now += some(1s, 2h);
    world.start();
  }
  void act() {
    switch (world.random() % 6) {
      case 0: set_clock(); break;
      case 1: lose_network(); break;
      case 2: do_planned_work(); break;
      case 3: have_outage(); break;
      case 4: move(); break;
      default: crash(); break;
    }
    world.run_for(kCalm);
  }
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const auto& event : world.stored_events()) {
      if (!event.endpoint.empty())
        all.push_back(fmt::format("{} {}", name(event.type), event.endpoint));
    }
    return all;
  }
};

std::string run_weather(std::uint64_t seed, std::uint64_t& steps) {
  Weather weather{seed};
  for (int i = 0; i < kActs; ++i) {
    weather.act();
    const auto told = weather.told();
    if (told != weather.expected)
      return fmt::format("act {}: told {}, expected {}", i, fmt::join(told, ", "),
                         fmt::join(weather.expected, ", "));
  }
  steps += weather.steps + weather.world.engine->heartbeat();
  // A webhook's own trouble is told to the others, of which there are none.
  const auto& received = weather.world.transport.receivers["oncall"].body_by_id;
  for (const auto& event : weather.world.stored_events()) {
    if (event.webhook.empty() && !received.contains(event.id))
      return fmt::format("{} of {} was not delivered", name(event.type), to_rfc3339(event.time));
  }
  return "";
}

}  // namespace

TEST_CASE(
    "whatever the clock, our network, planned work and validators do: outages and moves are told "
    "once, and nothing else is") {
  const char* one = std::getenv("MODELVANE_SIM_SEED");
  std::uint64_t seed = one ? std::strtoull(one, nullptr, 10) : 1;
  for (std::uint64_t steps = 0; steps < kSteps; ++seed) {
    const auto fault = run_weather(seed, steps);
    if (!fault.empty()) FAIL_CHECK("seed " << seed << ": " << fault);
    if (one || !fault.empty()) return;
  }
}

}  // namespace modelvane::sim
