// The engine, one behaviour at a time, in virtual time.
#include "daemon/engine/engine.h"

#include <doctest/doctest.h>

#include "tests/sim/world.h"

namespace modelvane::sim {
namespace {

using namespace std::chrono_literals;

World small_world() {
  World world{1};
  world.add_endpoint("internlm", {{"latest", "v1"}});
  world.add_webhook("oncall");
  return world;
}

TEST_CASE("a move becomes durable, is shown and delivered within one interval and one recheck") {
  World world = small_world();
  world.start();
  world.run_for(5min);
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(66s);
  REQUIRE(types(world) == std::vector<std::string>{"alias.moved"});
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v2");
  CHECK(world.transport.receivers["oncall"].order.size() == 1);
  CHECK(world.seen().webhooks[0]->delivered == 1);
}

TEST_CASE(
    "a list that came before the store was open is read again at once, and not an interval later") {
  World world = small_world();
  world.disk.broken = true;
  world.start();
  world.run_for(500ms);
  REQUIRE(world.transport.polls == 1);
  world.disk.broken = false;
  world.run_for(3s);
  CHECK(world.seen().endpoints[0]->known->has_baseline);
}

TEST_CASE(
    "a move while the daemon was down is reported after the start, with bounds around the outage") {
  World world = small_world();
  world.start();
  world.run_for(5min);
  const Time crashed = world.clock.now;
  world.crash();
  world.clock.now += 3h;
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.clock.now += 1h;
  const Time restarted = world.clock.now;
  world.start();
  world.run_for(2min);
  const auto events = world.stored_events();
  REQUIRE(events.size() == 1);
  CHECK(*events[0].observed_between->first <= crashed);
  CHECK(*events[0].observed_between->first >= crashed - 71s);
  CHECK(events[0].observed_between->second >= restarted - 1ms);
}

TEST_CASE("while the disk refuses, nothing is shown or sent; when it recovers, everything is") {
  World world = small_world();
  world.start();
  world.run_for(5min);
  world.disk.broken = true;
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  const auto polls_before = world.transport.polls;
  world.run_for(10min);
  CHECK(world.transport.polls > polls_before + 8);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v1");
  CHECK_FALSE(world.seen().daemon.store_ok);
  CHECK(world.transport.receivers["oncall"].order.empty());
  world.disk.broken = false;
  world.run_for(1min);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v2");
  CHECK(world.seen().daemon.store_ok);
  CHECK(world.transport.receivers["oncall"].order.size() == 1);
  CHECK(world.stored_events()[0].time < world.clock.now - 5min);
}

TEST_CASE("a reload while the disk refuses shows nothing that is not durable") {
  World world = small_world();
  world.start();
  world.run_for(5min);
  world.disk.broken = true;
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(10min);
  world.config.endpoints[0].edit().interval = 90s;
  world.engine->reload(world.config);
  world.run_for(10s);
  CHECK(world.seen().endpoints[0]->interval == 90s);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v1");
  CHECK(world.seen().endpoints[0]->known->aliases[0].changes == 0);
  world.disk.broken = false;
  world.run_for(1min);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v2");
  CHECK(world.transport.receivers["oncall"].order.size() == 1);
}

TEST_CASE(
    "the pulse tells of an event when it is durable and not before, and of nothing while nothing "
    "is published") {
  World world = small_world();
  world.disk.broken = true;
  world.start();
  world.run_for(1min);
  CHECK_FALSE(world.board->pulse(world.clock.now).last_event);
  world.disk.broken = false;
  world.run_for(5min);
  CHECK(world.board->pulse(world.clock.now).last_event == 0);
  world.disk.broken = true;
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(5min);
  CHECK(world.board->pulse(world.clock.now).last_event == 0);
  world.disk.broken = false;
  world.run_for(1min);
  const auto pulse = world.board->pulse(world.clock.now);
  CHECK(pulse.last_event == 1);
  CHECK(pulse.endpoints == 1);
  world.engine->turn(0s);
  CHECK(world.board->pulse(world.clock.now).version == pulse.version);
  world.run_for(61s);  // a poll
  CHECK(world.board->pulse(world.clock.now).version > pulse.version);
}

TEST_CASE("an endpoint's time is counted over a restart, and nobody knows what was in between") {
  World world = small_world();
  world.start();
  world.run_for(10min);
  world.transport.upstreams["internlm"].hangs = true;
  world.run_for(8min);
  world.transport.upstreams["internlm"].hangs = false;
  world.run_for(10min);
  REQUIRE(world.seen().endpoints[0]->past);
  const auto before = world.seen().endpoints[0]->past->seconds;
  CHECK(to_seconds(before.down) == doctest::Approx(480).epsilon(0.15));
  CHECK(to_seconds(before.up) == doctest::Approx(1200).epsilon(0.1));
  CHECK(before.unknown == 0s);
  const auto hours = world.seen().endpoints[0]->past->hours;
  world.crash();
  world.clock.now += 3h;
  world.start();
  world.run_for(10s);
  CHECK(world.seen().endpoints[0]->past->seconds.down == before.down);
  CHECK(world.seen().endpoints[0]->past->hours.front().seconds.down == hours.front().seconds.down);
  world.run_for(5min);
  const auto after = world.seen().endpoints[0]->past->seconds;
  CHECK(after.down == before.down);
  CHECK(to_seconds(after.unknown) == doctest::Approx(3 * 3600).epsilon(0.02));
  CHECK(after.up > before.up + 3min);
}

TEST_CASE("an installation that is not named tells by the name that its store keeps") {
  World world = small_world();
  world.config.instance.clear();
  world.disk.loaded.instance = "mv-0123456789ab";
  world.start();
  world.run_for(5min);
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(5min);
  CHECK(world.seen().daemon.instance == "mv-0123456789ab");
  REQUIRE_FALSE(world.disk.events.empty());
  CHECK(world.disk.events.begin()->second.json.contains("urn:modelvane:mv-0123456789ab"));
}

TEST_CASE("an endpoint shows its last polls, good and failed") {
  World world = small_world();
  world.start();
  world.run_for(5min);
  world.transport.upstreams["internlm"].throttles = true;
  world.run_for(90s);
  const auto endpoint = world.seen().endpoints[0];
  REQUIRE(endpoint->history);
  REQUIRE(endpoint->history->size() == endpoint->polls);
  CHECK_FALSE(endpoint->history->at(0).reason);
  const auto last = endpoint->history->at(endpoint->history->size() - 1);
  CHECK(last.reason == Reason::RateLimited);
  CHECK(*endpoint->last_poll - last.at < 10ms);
  CHECK(last.at <= *endpoint->last_poll);
}

TEST_CASE(
    "a store that cannot be opened at the start stops no poll, and nothing is decided before it "
    "can") {
  World world = small_world();
  world.disk.broken = true;
  world.start();
  world.run_for(5min);
  CHECK(world.transport.polls >= 5);
  CHECK(world.seen().endpoints[0]->last_ok);
  CHECK(world.seen().endpoints[0]->known->aliases.empty());
  world.disk.broken = false;
  world.run_for(2min);
  CHECK(world.seen().endpoints[0]->known->aliases.size() == 1);
}

TEST_CASE("a webhook that hangs delays no other webhook") {
  World world = small_world();
  world.add_webhook("slow");
  world.config.webhooks[0].events = {"alias.*"};  // not that the other fails
  world.transport.receivers["slow"].fault_rate = 1;
  world.start();
  world.run_for(2min);
  for (int i = 2; i < 10; ++i) {
    world.transport.upstreams["internlm"].move("latest", "v" + std::to_string(i), world.clock.now);
    world.run_for(66s);
    CHECK(world.transport.receivers["oncall"].order.size() == static_cast<std::size_t>(i - 1));
  }
}

TEST_CASE(
    "a delivery that stays undeliverable becomes a dead letter at max_age, and unblocks its lane") {
  World world = small_world();
  world.config.webhooks[0].url = {SecretRef::From::Inline, "http://nowhere/hook"};
  world.start();
  world.run_for(2min);
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(40h);
  CHECK(world.seen().webhooks[0]->dead_letters == 1);
  CHECK(world.seen().webhooks[0]->pending == 0);
  CHECK(world.disk.deliveries.begin()->second.state == DeliveryState::Dead);
}

TEST_CASE(
    "reload keeps what is known of unchanged endpoints and pending deliveries, and drops what is "
    "gone") {
  World world = small_world();
  world.add_endpoint("other", {{"x", "y"}});
  world.transport.receivers["oncall"].fault_rate = 1;
  world.start();
  world.run_for(2min);
  world.transport.upstreams["internlm"].move("latest", "v2", world.clock.now);
  world.run_for(2min);
  Config changed = world.config;
  changed.endpoints.pop_back();
  world.engine->reload(changed);
  world.run_for(1min);
  CHECK(world.seen().endpoints.size() == 1);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v2");
  // The move, and that "other" is no longer watched.
  CHECK(world.seen().webhooks[0]->pending == 2);
  world.transport.receivers["oncall"].fault_rate = 0;
  world.run_for(12h);
  CHECK(world.seen().webhooks[0]->pending == 0);
  CHECK(world.transport.receivers["oncall"].order.size() == 2);
}

TEST_CASE("of several reloads the last one is told, however close together they come") {
  World world = small_world();
  world.start();
  world.run_for(1min);
  world.engine->note_reload_failure("bad");
  const auto asked = world.engine->reload(world.config);
  CHECK_FALSE(world.engine->wait_until_shown(asked, Duration{0}));
  world.run_for(2s);
  CHECK(world.engine->wait_until_shown(asked, Duration{0}));
  CHECK(world.seen().daemon.reload_ok);
  world.engine->reload(world.config);
  world.engine->note_reload_failure("bad");
  world.run_for(2s);
  CHECK_FALSE(world.seen().daemon.reload_ok);
  CHECK(world.seen().daemon.reload_sentence == "bad");
}

TEST_CASE("an answer that was under way when its endpoint changed is not read in the new way") {
  World world = small_world();
  world.transport.latency_max = 30s;
  world.start();
  world.run_for(5min);
  Config changed = world.config;
  changed.endpoints[0].edit().reading.edit().rules[0].pointer = "/other";
  world.engine->reload(changed);
  world.run_for(10s);
  CHECK(world.transport.in_flight() <= 1);
  CHECK(world.seen().daemon.polls_in_flight == world.transport.in_flight());
}

TEST_CASE("an endpoint that asks for air is not polled again before the time that it asked for") {
  World world = small_world();
  world.config.endpoints[0].edit().interval = 2s;
  world.config.endpoints[0].edit().recheck = 1s;
  world.transport.upstreams["internlm"].throttles = true;
  world.start();
  world.run_for(70s);
  // Retry-After is 7 s; the interval alone would have given 35 polls.
  CHECK(world.transport.polls <= 11);
  CHECK(world.transport.polls >= 8);
}

TEST_CASE(
    "an endpoint that asks for an hour of air is told down when its polls would have shown it") {
  World world = small_world();
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(5min);
  const auto polls = world.transport.polls;
  upstream.throttles = true;
  upstream.retry_after = "3600";
  world.run_for(2min);
  CHECK(world.transport.polls == polls + 1);
  CHECK(types(world) == std::vector<std::string>{"endpoint.down"});
  CHECK(*world.seen().endpoints[0]->next_poll > world.clock.now + 50min);
  upstream.throttles = false;
  world.run_for(61min);
  CHECK(types(world) == std::vector<std::string>{"endpoint.down", "endpoint.up"});
}

TEST_CASE("one answer that asks for air makes no down when its polls would not have") {
  World world = small_world();
  world.config.maintenance = {
      {.name = "work", .when = OnceWindow{world.clock.now, world.clock.now + 2h}}};
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(5min);
  upstream.throttles = true;
  upstream.retry_after = "1800";
  world.run_for(10min);
  upstream.throttles = false;
  world.run_for(3h);
  CHECK(types(world).empty());
}

TEST_CASE(
    "an endpoint that wants fewer requests and says no time is polled ever more slowly, and as "
    "usual "
    "after it recovers") {
  World world = small_world();
  auto& upstream = world.transport.upstreams["internlm"];
  upstream.refusal = 429;
  world.start();
  world.run_for(1h);
  // Pauses of 1, 2, 4 and from then on 5 minutes.
  CHECK(world.transport.polls >= 12);
  CHECK(world.transport.polls <= 18);
  CHECK(types(world) == std::vector<std::string>{"endpoint.down"});
  upstream.refusal = 0;
  world.run_for(6min);
  CHECK(world.seen().endpoints[0]->last_ok);
  const auto polls = world.transport.polls;
  world.run_for(10min);
  CHECK(world.transport.polls >= polls + 10);
}

TEST_CASE("an endpoint that is polled less often says so, why and until when") {
  World world = small_world();
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(2min);
  CHECK_FALSE(world.seen().endpoints[0]->slowed);
  upstream.refusal = 429;
  world.run_for(10min);
  const auto slowed = world.seen().endpoints[0];
  REQUIRE(slowed->slowed);
  CHECK(*slowed->slowed == Slowing{.reason = Reason::RateLimited, .is_asked_for = false});
  CHECK(*slowed->next_poll > *slowed->last_poll + 61s);
  upstream.refusal = 0;
  world.run_for(6min);
  const auto usual = world.seen().endpoints[0];
  CHECK_FALSE(usual->slowed);
  CHECK(*usual->next_poll <= *usual->last_poll + 60s);
}

TEST_CASE("an operator's wish and a reload end every pause, at most once per recheck") {
  World world = small_world();
  world.transport.upstreams["internlm"].refusal = 429;
  world.start();
  world.run_for(30min);  // polls are minutes apart by now
  const auto polls = world.transport.polls;
  SUBCASE("asked for by name") {
    world.engine->poll_now("internlm");
    world.engine->poll_now("nobody");
    world.run_for(1s);
    CHECK(world.transport.polls == polls + 1);
    world.run_for(1s);  // until it has its answer
    world.engine->poll_now("internlm");
    world.run_for(1s);
    CHECK(world.transport.polls == polls + 1);
    world.run_for(4s);
    CHECK(world.transport.polls == polls + 2);
  }
  SUBCASE("by a reload of the same configuration") {
    world.engine->reload(world.config);
    world.run_for(1s);
    CHECK(world.transport.polls == polls + 1);
  }
}

TEST_CASE(
    "in maintenance nobody is told of a down, afterwards of one that lasts, and of moves always") {
  World world = small_world();
  const Time begin = world.clock.now + 10min;
  world.config.maintenance = {{.name = "work", .when = OnceWindow{begin, begin + 2h}}};
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(11min);
  CHECK(world.seen().endpoints[0]->maintenance == "work");
  upstream.refusal = 500;
  const auto polls = world.transport.polls;
  world.run_for(20min);
  CHECK(types(world).empty());
  CHECK(world.transport.polls <= polls + 22);
  SUBCASE("an outage that ends within it is no event, and a move is") {
    upstream.refusal = 0;
    upstream.move("latest", "v2", world.clock.now);
    world.run_for(5min);
    CHECK(types(world) == std::vector<std::string>{"alias.moved"});
  }
  SUBCASE("one that lasts is told after it, from its begin") {
    world.run_for(2h);
    REQUIRE(types(world) == std::vector<std::string>{"endpoint.down"});
    const auto down = world.stored_events()[0];
    CHECK(down.observed_between->second < begin + 3min);
    CHECK(down.time >= begin + 2h);
    CHECK(world.seen().endpoints[0]->maintenance.empty());
  }
}

TEST_CASE("the end of an outage that was told before is told in maintenance, too") {
  World world = small_world();
  const Time begin = world.clock.now + 10min;
  world.config.maintenance = {{.name = "work", .when = OnceWindow{begin, begin + 2h}}};
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(2min);
  upstream.refusal = 500;
  world.run_for(20min);
  upstream.refusal = 0;
  world.run_for(5min);
  CHECK(types(world) == std::vector<std::string>{"endpoint.down", "endpoint.up"});
}

TEST_CASE("a paused endpoint is not polled until a reload says otherwise") {
  World world = small_world();
  world.config.endpoints[0].edit().is_paused = true;
  world.start();
  world.run_for(10min);
  world.engine->poll_now("internlm");
  world.run_for(10min);
  CHECK(world.transport.polls == 0);
  CHECK(world.seen().endpoints[0]->is_paused);
  CHECK_FALSE(world.seen().endpoints[0]->next_poll);
  world.config.endpoints[0].edit().is_paused = false;
  world.engine->reload(world.config);
  world.run_for(1min);
  CHECK(world.transport.polls > 0);
  CHECK_FALSE(world.seen().endpoints[0]->is_paused);
}

TEST_CASE("a renamed endpoint keeps its past, and what was told of it ends under its old name") {
  World world = small_world();
  auto& upstream = world.transport.upstreams["internlm"];
  world.start();
  world.run_for(5min);
  const auto rename = [&] {
    world.config.endpoints[0].edit().was = "internlm";
    world.config.endpoints[0].edit().name = "intern";
  };
  SUBCASE("by a reload, a move meanwhile included") {
    rename();
    upstream.move("latest", "v2", world.clock.now);
    world.engine->reload(world.config);
    world.run_for(5min);
    REQUIRE(types(world) == std::vector<std::string>{"alias.moved"});
    CHECK(world.stored_events()[0].endpoint == "intern");
    CHECK(world.stored_events()[0].from == "v1");
  }
  SUBCASE("over a restart") {
    world.crash();
    rename();
    upstream.move("latest", "v2", world.clock.now);
    world.start();
    world.run_for(5min);
    REQUIRE(types(world) == std::vector<std::string>{"alias.moved"});
    CHECK(world.stored_events()[0].endpoint == "intern");
  }
  SUBCASE("while it is down") {
    upstream.refusal = 500;
    world.run_for(10min);
    rename();
    world.engine->reload(world.config);
    world.run_for(10min);
    CHECK(types(world) ==
          std::vector<std::string>{"endpoint.down", "endpoint.unwatched", "endpoint.down"});
    CHECK(world.stored_events()[1].endpoint == "internlm");
    CHECK(world.stored_events()[2].endpoint == "intern");
  }
}

TEST_CASE("an outage is watched closely: polls come a minute apart, whatever refuses them") {
  World world = small_world();
  world.transport.upstreams["internlm"].refusal = 503;
  world.start();
  world.run_for(1h);
  CHECK(world.transport.polls >= 58);
  CHECK(types(world) == std::vector<std::string>{"endpoint.down"});
}

TEST_CASE(
    "one host that hangs gets a few polls at once, and endpoints at other hosts are as punctual as "
    "ever") {
  World world = small_world();
  for (int i = 0; i < 30; ++i) {
    world.add_endpoint("hanging-" + std::to_string(i), {{"x", "y"}});
    world.config.endpoints.back().edit().url = "http://hanging/v1/models/" + std::to_string(i);
  }
  world.transport.upstreams["hanging"].hangs = true;
  world.start();
  std::size_t most = 0;
  for (int i = 0; i < 600; ++i) {
    world.run_for(1s);
    most = std::max(most, world.seen().daemon.polls_in_flight);
  }
  CHECK(most <= kPollsAtOncePerHost + 1);
  CHECK(world.seen().endpoints[0]->polls >= 9);
  for (const auto& endpoint : world.seen().endpoints) CHECK(endpoint->polls >= 7);
}

TEST_CASE("a list of several pages is one poll") {
  World world{1};
  world.add_endpoint("paged", {{"latest", "v1"}}, Upstream::Way::Pages);
  world.start();
  world.run_for(5min);
  const auto seen = world.seen().endpoints[0];
  CHECK(seen->known->models.size() == 13);
  CHECK(world.transport.polls == 3 * seen->polls);
  world.transport.upstreams["paged"].move("latest", "v2", world.clock.now);
  world.run_for(70s);
  CHECK(types(world) == std::vector<std::string>{"alias.moved"});
}

TEST_CASE("a move that only a lookup shows is found at the next question and confirmed at once") {
  World world{1};
  world.add_endpoint("asked", {{"latest", "v1"}}, Upstream::Way::Lookup);
  world.start();
  world.run_for(15min);
  CHECK(types(world).empty());
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v1");
  world.transport.upstreams["asked"].move("latest", "v2", world.clock.now);
  world.run_for(11min + 10s);
  REQUIRE(types(world) == std::vector<std::string>{"alias.moved"});
  CHECK(world.stored_events()[0].rule == Rule::Lookup);
}

TEST_CASE("what was asked before the store was open is asked again as soon as it is") {
  World world{1};
  world.add_endpoint("asked", {{"latest", "v1"}}, Upstream::Way::Lookup);
  world.disk.broken = true;
  world.start();
  world.run_for(500ms);
  REQUIRE(world.transport.polls > 0);
  world.disk.broken = false;
  world.run_for(2min);
  CHECK(world.seen().endpoints[0]->known->aliases[0].target == "v1");
}

TEST_CASE("what an earlier life of the process has asked is not asked again before its time") {
  World world{1};
  world.add_endpoint("asked", {{"latest", "v1"}}, Upstream::Way::Lookup);
  world.start();
  world.run_for(2min);
  REQUIRE(world.seen().endpoints[0]->known->aliases[0].target == "v1");
  world.crash();
  const auto requests = world.transport.polls;
  world.start();
  world.run_for(5min);
  CHECK(world.transport.polls - requests == world.seen().endpoints[0]->polls);
  world.run_for(10min);
  CHECK(world.transport.polls - requests == world.seen().endpoints[0]->polls + 1);
}

TEST_CASE("a secret that cannot be read is a failed poll with a clear sentence, not a stop") {
  World world = small_world();
  world.config.endpoints[0].edit().access.edit().authorization =
      Authorization{"Bearer", {SecretRef::From::File, "/nonexistent/key"}};
  world.start();
  world.run_for(2min);
  CHECK(world.seen().endpoints[0]->last_reason == Reason::Auth);
  CHECK(world.seen().endpoints[0]->last_sentence.find("/nonexistent/key") != std::string::npos);
  CHECK(world.transport.polls == 0);
}

TEST_CASE("shutdown starts nothing new and leaves every mark durable") {
  World world = small_world();
  world.start();
  world.run_for(5min + 7s);
  world.engine->begin_shutdown();
  for (int i = 0; i < 20 && !world.engine->is_quiet(); ++i) world.engine->turn(100ms);
  CHECK(world.engine->is_quiet());
  CHECK(world.disk.loaded.endpoints.at("internlm").last_good ==
        world.seen().endpoints[0]->last_good_poll);
}

}  // namespace
}  // namespace modelvane::sim
