// A database that goes back in time, or was away; and what replicas hear of each other at once.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "daemon/store/postgres_desk.h"
#include "daemon/store/postgres_event_log.h"
#include "daemon/store/postgres_schema.h"
#include "daemon/store/postgres_views.h"
#include "tests/cluster/open_stores.h"
#include "tests/cluster/relay.h"
#include "tests/store_contract.h"

using namespace modelvane;
using namespace system_test;
using test::kStart;
using test::new_event;
using namespace std::chrono_literals;

TEST_CASE("what a promoted standby lacks of acknowledged batches is written once more") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  for (std::uint64_t n = 1; n <= 4; ++n) commit(*store, batch_of(loaded, n, {new_event(n, {"a"})}));
  // As on a standby that had seen no more than the second batch.
  server().ask(fmt::format(
      "SET search_path = {}; DELETE FROM deliveries WHERE sequence > 2; DELETE FROM events WHERE "
      "sequence > 2; UPDATE counter SET last_sequence = 2; UPDATE commits SET last_batch = 2",
      place.schema));
  CHECK(commit(*store, batch_of(loaded, 5, {new_event(5, {"a"})})).last_sequence == 5);
  CHECK(store->cluster()->rewound == 1);
  PostgresEventLog log{place};
  const auto events = log.events({.after_sequence = 0});
  REQUIRE(events->size() == 5);
  for (std::uint64_t n = 1; n <= 5; ++n) CHECK((*events)[n - 1].id == new_event(n, {}).event.id);
  CHECK(log.deliveries({.webhook = "a"})->size() == 5);
}

TEST_CASE("whoever asks first after a restart of the database gets an answer") {
  PostgresServer own;
  const PostgresPlace place{own.url()};
  REQUIRE(migrate(place, {.instance = "test", .shards = 8}).has_value());
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  commit(*store, batch_of(loaded, 1, {new_event(1, {})}));
  PostgresEventLog log{place};
  PostgresDesk desk{place};
  PostgresViews views{place, "mv-a"};
  const auto check_all = [&] {
    CHECK(log.events({}).has_value());
    CHECK(desk.submit({.action = OperatorAction::Poll}, wall_now()).has_value());
    CHECK(views.rows(1).has_value());
    CHECK(store->look().has_value());
  };
  check_all();
  own.stop_at_once();
  CHECK_FALSE(log.events({}).has_value());
  own.start();
  check_all();
}

TEST_CASE("a way to the database that swallows everything is left for another") {
  Relay first{server().port()};
  Relay second{server().port()};
  auto place = new_place();
  place.url = fmt::format("host=127.0.0.1,127.0.0.1 port={},{} dbname=postgres user=postgres",
                          first.port(), second.port());
  PostgresEventLog log{place};
  REQUIRE(log.events({}).has_value());
  first.cut();
  // As a firewall does with connections that were quiet for an hour.
  const auto asked = steady_now();
  REQUIRE(eventually([&] { return steady_now() > asked + KeptConnection::kQuiet; }));
  CHECK(log.events({}).has_value());
}

TEST_CASE("a number that somebody was told is never given to another event") {
  const auto place = new_place();
  const auto a = open(place, "mv-a");
  const auto b = open(place, "mv-b");
  const auto at_a = load(*a);
  const auto at_b = load(*b);
  for (std::uint64_t n = 1; n <= 3; ++n) commit(*a, batch_of(at_a, n, {new_event(n, {"oncall"})}));
  CHECK(look(*b).last_sequence == 3);
  // As on a standby that had seen no more than the first batch. The other replica comes first.
  server().ask(fmt::format(
      "SET search_path = {}; DELETE FROM deliveries WHERE sequence > 1; DELETE FROM events WHERE "
      "sequence > 1; UPDATE counter SET last_sequence = 1; UPDATE commits SET last_batch = 1 WHERE "
      "session = {}",
      place.schema, at_a.session));
  auto event = new_event(1, {"oncall"});
  event.event.id += "-of-b";
  event.event.endpoint = "another";
  CHECK(look(*b).last_sequence == 1);
  CHECK(b->cluster()->rewound == 1);
  CHECK(commit(*b, batch_of(at_b, 1, {event})).last_sequence == 4);
  CHECK(commit(*a, batch_of(at_a, 4, {new_event(4, {"oncall"})})).last_sequence == 5);
  CHECK(a->cluster()->rewound == 1);
  CHECK(b->cluster()->rewound == 1);
  PostgresEventLog log{place};
  const auto events = log.events({.after_sequence = 0});
  REQUIRE(events->size() == 5);
  for (std::uint64_t n : {1, 2, 3}) CHECK((*events)[n - 1].id == new_event(n, {}).event.id);
  CHECK((*events)[3].id == event.event.id);
}

TEST_CASE("a shard that the database gave back to another ends the session that thinks it has it") {
  const auto place = new_place();
  const auto a = open(place, "mv-a");
  load(*a);
  const auto b = open(place, "mv-b");
  load(*b);
  // As on a standby that had not seen our claim.
  server().ask(fmt::format(
      "UPDATE {0}.shards SET session = (SELECT session FROM {0}.sessions WHERE replica = 'mv-b') "
      "WHERE shard = 0",
      place.schema));
  CHECK(eventually([&] {
    const auto news = a->look();
    return !news && news.error().kind == StoreError::Kind::Fenced;
  }));
  CHECK(a->load().has_value());
}

TEST_CASE("a database that was away for longer than a lease moves nothing when it is back") {
  const auto place = new_place();
  const auto a = open(place, "mv-a");
  const auto first = load(*a).session;
  const auto b = open(place, "mv-b");
  const auto second = load(*b).session;
  server().stop_at_once();
  const auto end = std::chrono::steady_clock::now() + kStoreLease + 1s;
  (void)eventually([&] { return std::chrono::steady_clock::now() > end; });
  server().start();
  const auto lives = [&] {
    return server().ask(fmt::format(
               "SELECT count(*) FROM {}.sessions WHERE expires > clock_timestamp() AND session IN "
               "({}, {})",
               place.schema, first, second)) == "2";
  };
  CHECK(eventually(lives));
  CHECK(a->cluster()->takeovers + b->cluster()->takeovers == 0);
}

TEST_CASE(
    "an attempt that a replica with a wrong clock put off is due by the clocks of the others") {
  for (const Duration ahead : {Duration{1h}, Duration{-1h}, Duration{0}}) {
    CAPTURE(ahead.count());
    const auto place = new_place();
    auto wrong = open(place, "mv-a", ahead);
    const auto loaded = load(*wrong);
    auto first = batch_of(loaded, 1, {new_event(1, {"oncall"}), new_event(2, {"oncall"})});
    first.at = wall_now() + ahead;
    auto taken = commit(*wrong, first).deliveries;
    REQUIRE(taken.size() == 2);
    auto second = batch_of(loaded, 2, {});
    second.deliveries = {taken[0].delivery};
    second.deliveries[0].attempts = 1;
    second.deliveries[0].next_attempt = wall_now() + ahead + 10s;
    commit(*wrong, second);
    wrong.reset();
    const auto right = open(place, "mv-b");
    const auto waiting = load(*right).pending;
    REQUIRE(waiting.size() == 2);
    CHECK(std::chrono::abs(waiting[0].delivery.next_attempt - wall_now() - 10s) < 5s);
    CHECK(std::chrono::abs(waiting[1].delivery.next_attempt - wall_now()) < 5s);
  }
}

TEST_CASE("what others do is heard of at once: a shard given up, an event, an operator's wish") {
  const auto place = new_place();
  const auto a = open(place, "mv-a");
  auto batch = batch_of(load(*a), 1, {});
  const auto b = open(place, "mv-b");
  std::atomic<int> woken{0};
  b->when_there_is_news([&] { ++woken; });
  load(*b);
  const auto is_woken = [&](int than) {
    // Far below a round of the keeper.
    return eventually([&] { return woken > than; },
                      std::chrono::milliseconds{kStoreLease.count() / 1000 / 10});
  };
  std::vector<Shard> wanted;
  REQUIRE(eventually([&] {
    wanted = look(*a).wanted;
    return !wanted.empty();
  }));
  int before = woken;
  batch.released = wanted;
  commit(*a, batch);
  CHECK(is_woken(before));
  CHECK(look(*b).gained.has_value());
  before = woken;
  batch.number = 2;
  batch.released.clear();
  batch.events = {new_event(1, {"oncall"})};
  commit(*a, batch);
  CHECK(is_woken(before));
  before = woken;
  PostgresDesk desk{place};
  CHECK(desk.submit({.action = OperatorAction::Poll}, kStart).has_value());
  CHECK(is_woken(before));
}
