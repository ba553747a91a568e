// The store on a real PostgreSQL, and what two of them on one schema do to each other.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "daemon/store/postgres_admin.h"
#include "daemon/store/postgres_desk.h"
#include "daemon/store/postgres_event_log.h"
#include "daemon/store/postgres_schema.h"
#include "daemon/store/postgres_store.h"
#include "daemon/store/postgres_views.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/store/state_json.h"
#include "daemon/store/store_copy.h"
#include "tests/cluster/open_stores.h"
#include "tests/store_contract.h"

using namespace modelvane;
using namespace system_test;
using test::kStart;
using test::new_event;
using namespace std::chrono_literals;

namespace {

// A name of that kind whose shard is owned.
std::string webhook_of(const std::set<Shard>& owned, ShardCount shards) {
  for (int i = 0;; ++i) {
    auto name = fmt::format("webhook-{}", i);
    if (owned.contains(shard_of_webhook(name, shards))) return name;
  }
}

}  // namespace

TEST_CASE("PostgreSQL keeps the contract of all stores") {
  const auto place = new_place();
  test::check_store_contract([&] { return open(place, "mv-a"); });
}

TEST_CASE("a session that was ended writes nothing more, and the next one goes on") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  commit(*store, batch_of(loaded, 1, {new_event(1, {"oncall"})}));
  REQUIRE(release(place, "test", "mv-a").value());
  const auto refused = store->commit(batch_of(loaded, 2, {new_event(2, {"oncall"})}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == StoreError::Kind::Fenced);
  const auto again = load(*store);
  CHECK(again.session != loaded.session);
  CHECK(again.last_sequence == 1);
  CHECK(again.pending.size() == 1);
  CHECK(commit(*store, batch_of(again, 1, {new_event(2, {})})).last_sequence == 2);
}

TEST_CASE("the n-th event of an endpoint exists once, whoever writes it") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  commit(*store, batch_of(loaded, 1, {new_event(1, {})}));
  auto other = new_event(2, {});
  other.ordinal = 1;
  const auto refused = store->commit(batch_of(loaded, 2, {other}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == StoreError::Kind::Fenced);
  // Whoever begins anew goes on behind it, whatever the endpoint's state says.
  server().ask(fmt::format("INSERT INTO {}.endpoints VALUES('internlm', {}, 1, '{}')", place.schema,
                           shard_of_endpoint("internlm", 8),
                           to_json(EndpointState{.events_made = 0})));
  const auto again = load(*store);
  CHECK(again.endpoints.at("internlm").events_made == 1);
  CHECK(commit(*store, batch_of(again, 1, {new_event(2, {})})).last_sequence == 2);
}

TEST_CASE("a shard that comes back while the answer to its release is out is whole again") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  commit(*store, batch_of(loaded, 1, {new_event(1, {"oncall"})}));
  const Shard home = shard_of_webhook("oncall", 8);
  // Given up; the daemon did not hear that it was.
  server().ask(
      fmt::format("UPDATE {}.shards SET session = NULL WHERE shard = {}", place.schema, home));
  std::vector<PendingDelivery> waiting;
  CHECK(eventually([&] {
    auto news = look(*store);
    if (news.gained) waiting = std::move(news.gained->pending);
    return news.gained.has_value();
  }));
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].delivery.webhook == "oncall");
}

TEST_CASE("a batch whose answer was lost counts once, and its deliveries are made") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  const auto first = batch_of(loaded, 1, {new_event(1, {"oncall"})});
  commit(*store, first);
  // The server ends the connection: nobody knows what became of the next batch.
  const auto application = application_of(loaded.session);
  server().ask(fmt::format(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}'",
      application));
  const auto second = batch_of(loaded, 2, {new_event(2, {"oncall"})});
  std::vector<PendingDelivery> taken;
  for (auto report = store->commit(second);; report = store->commit(second)) {
    if (!report) continue;
    taken = report->deliveries;
    break;
  }
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].delivery.sequence == 2);
  CHECK(commit(*store, second).deliveries.empty());
  CHECK(look(*store).deliveries.empty());
}

TEST_CASE("a second replica gets its share, with what is known of it, and its deliveries") {
  const auto place = new_place();
  const auto a = open(place, "mv-a");
  const auto loaded = load(*a);
  CHECK(loaded.owned.size() == 8);
  auto batch = batch_of(loaded, 1, {});
  for (int i = 0; i < 20; ++i)
    batch.states.emplace_back(fmt::format("endpoint-{}", i), EndpointState{.events_made = 1});
  commit(*a, batch);
  const auto b = open(place, "mv-b");
  auto theirs = load(*b);
  std::set<Shard> owned{theirs.owned.begin(), theirs.owned.end()};
  std::size_t states = theirs.endpoints.size();
  std::uint64_t number = 1;
  std::set<Shard> left{loaded.owned.begin(), loaded.owned.end()};
  CHECK(eventually([&] {
    auto release = batch_of(loaded, ++number, {});
    release.released = look(*a).wanted;
    for (const Shard shard : release.released) left.erase(shard);
    commit(*a, release);
    auto news = look(*b);
    if (news.gained) {
      owned.insert(news.gained->owned.begin(), news.gained->owned.end());
      states += news.gained->endpoints.size();
    }
    return !owned.empty() && owned.size() + left.size() == 8 && look(*a).wanted.empty();
  }));
  std::size_t expected = 0;
  for (int i = 0; i < 20; ++i)
    expected += owned.contains(shard_of_endpoint(fmt::format("endpoint-{}", i), 8)) ? 1 : 0;
  CHECK(states == expected);

  const auto far = webhook_of(owned, 8);
  const auto near = webhook_of(left, 8);
  const auto report = commit(*a, batch_of(loaded, ++number, {new_event(1, {near, far})}));
  REQUIRE(report.deliveries.size() == 1);
  CHECK(report.deliveries[0].delivery.webhook == near);
  const auto news = look(*b);
  REQUIRE(news.deliveries.size() == 1);
  CHECK(news.deliveries[0].delivery.webhook == far);
  CHECK(news.deliveries[0].event->json == report.deliveries[0].event->json);
  CHECK(news.last_sequence == 1);
  CHECK(look(*b).deliveries.empty());

  // An operator's wish goes to whoever owns what it concerns.
  PostgresDesk desk{place};
  const auto id = desk.submit(
      {.action = OperatorAction::RetryDelivery, .deliveries = {{1, near}, {1, far}}}, kStart);
  REQUIRE_MESSAGE(id.has_value(), id.error().sentence);
  const auto at_a = look(*a).requests;
  const auto at_b = look(*b).requests;
  REQUIRE(at_a.size() == 1);
  REQUIRE(at_b.size() == 1);
  CHECK(at_a[0].request.deliveries == std::vector<DeliveryKey>{{1, near}});
  CHECK(at_b[0].request.deliveries == std::vector<DeliveryKey>{{1, far}});
  REQUIRE(at_b[0].found.size() == 1);
  CHECK(look(*b).requests.empty());
  auto answer = batch_of(loaded, ++number, {});
  answer.answers = {{.request = at_a[0].request.id, .at = kStart, .result = {.sentence = "1 due"}}};
  commit(*a, answer);
  CHECK_FALSE(desk.result(*id)->has_value());
  auto theirs_answer = batch_of(theirs, 1, {});
  theirs_answer.answers = {
      {.request = at_b[0].request.id, .at = kStart, .result = {.sentence = "2 due"}}};
  commit(*b, theirs_answer);
  CHECK((*desk.result(*id))->sentence.find("due; ") != std::string::npos);
}

TEST_CASE("a replica that is not renewed loses its shards to another, and is told") {
  const auto place = new_place();
  auto turns = std::make_shared<std::atomic<std::uint64_t>>(1);
  PostgresStore hung{place,
                     {.instance = "test", .name = "mv-hung", .version = "0", .lease = kStoreLease},
                     [turns] { return turns->load(); },
                     1'000'000};
  const auto loaded = load(hung);
  const auto b = open(place, "mv-b");
  load(*b);
  std::set<Shard> gained;
  CHECK(eventually([&] {
    if (const auto news = look(*b); news.gained)
      gained.insert(news.gained->owned.begin(), news.gained->owned.end());
    return gained.size() == 8;
  }));
  CHECK(b->cluster()->takeovers == 1);
  CHECK(hung.trusted_until() <
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  // The first try finds that its connection was ended, too.
  CHECK(eventually([&] {
    const auto refused = hung.commit(batch_of(loaded, 1, {new_event(1, {})}));
    REQUIRE_FALSE(refused.has_value());
    return refused.error().kind == StoreError::Kind::Fenced;
  }));
  turns->fetch_add(1);
  CHECK(eventually([&] { return !hung.look().has_value() && hung.cluster()->fenced == 1; }));
}

TEST_CASE(
    "a name that another machine's replica has is refused; that of a dead one is taken over") {
  const auto place = new_place();
  server().ask(fmt::format(
      "INSERT INTO {0}.sessions(nonce, replica, host, address, version, config_hash, expires) "
      "VALUES('00000000-0000-0000-0000-000000000000', 'mv-a', 'elsewhere boot 1', '', '0', '', "
      "clock_timestamp() + interval '1 hour')",
      place.schema));
  auto store = open(place, "mv-a");
  const auto refused = store->begin();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == StoreError::Kind::Busy);
  CHECK(refused.error().sentence.find("elsewhere") != std::string::npos);
  server().ask(fmt::format("UPDATE {}.sessions SET expires = clock_timestamp()", place.schema));
  CHECK(store->begin().has_value());
}

TEST_CASE(
    "a folder moves into a database and back with numbers, ids, bytes and all that is known") {
  const TempFolder folder;
  const std::filesystem::path first = folder.file("first");
  const std::filesystem::path second = folder.file("second");
  {
    SqliteStore store{first};
    const auto loaded = load(store);
    auto batch =
        batch_of(loaded, 1, {new_event(1, {"a"}), new_event(2, {"a", "b"}), new_event(3, {})});
    EndpointState state{.has_baseline = true, .last_good = kStart, .events_made = 3};
    state.aliases["latest"].sighting.known = {AliasStatus::Resolved, "x"};
    batch.states = {{"internlm", state}};
    batch.pins = {
        {.endpoint = "internlm", .alias = "latest", .targets = {"x"}, .approved = kStart}};
    batch.past = {{.endpoint = "internlm",
                   .seconds = {.up = 50s},
                   .until = kStart,
                   .hours = {{.from = kStart - 24h, .seconds = {.up = 50s}}},
                   .days = {{.from = floor_to(kStart, kDay), .seconds = {.up = 50s}}}}};
    auto made = commit(store, batch).deliveries;
    // The first event is forgotten: numbers need not begin with one.
    made[0].delivery.state = DeliveryState::Delivered;
    auto later = batch_of(loaded, 2, {});
    later.deliveries = {made[0].delivery};
    later.forget_before = kStart + 2s;
    commit(store, later);
  }
  const auto place = new_place();
  const auto there = copy_store(first, place, kStart);
  REQUIRE_MESSAGE(there.has_value(), there.error().sentence);
  CHECK(there->events == 2);
  CHECK(there->deliveries == 2);
  CHECK(copy_store(first, place, kStart).error().sentence.find("not empty") != std::string::npos);
  const auto back = copy_store(place, second, kStart);
  REQUIRE_MESSAGE(back.has_value(), back.error().sentence);
  SqliteStore before{first};
  SqliteStore after{second};
  const auto was = load(before);
  const auto is = load(after);
  CHECK(is.endpoints == was.endpoints);
  CHECK(is.pins == was.pins);
  CHECK(is.last_sequence == 3);
  REQUIRE(is.pending.size() == 2);
  CHECK(is.pending[0].event->json == was.pending[0].event->json);
  CHECK(is.event_counts.at(0).count == 3);
  REQUIRE(is.past.size() == 1);
  CHECK(is.past[0].hours == was.past[0].hours);
  CHECK(is.past[0].days == was.past[0].days);
  auto next = batch_of(is, 2, {new_event(4, {})});
  CHECK(commit(after, next).last_sequence == 4);
}

TEST_CASE("a schema is made once, for one instance, and a daemon without one says what to do") {
  const auto place = new_place(16);
  CHECK(migrate(place, {.instance = "test"}).value().find("up to date") != std::string::npos);
  const auto other = migrate(place, {.instance = "other"});
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().sentence.find("that of instance \"test\"") != std::string::npos);
  CHECK(read_status(place, "test")->shards == 16);
  const PostgresPlace none{.url = server().url(), .schema = "nothing"};
  const auto refused = open(none, "mv-a")->load();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().sentence.find("modelvane store migrate") != std::string::npos);
}

TEST_CASE("what waits in a shard is handed out when the shard is loaded, and not before") {
  const auto place = new_place();
  const auto other = open(place, "mv-b");
  const auto store = open(place, "mv-a");
  const auto theirs = load(*other);
  const auto loaded = load(*store);
  const std::set<Shard> ours(loaded.owned.begin(), loaded.owned.end());
  const auto webhook = webhook_of({theirs.owned.begin(), theirs.owned.end()}, 8);
  const auto home = shard_of_webhook(webhook, 8);
  REQUIRE_FALSE(ours.contains(home));
  CHECK(commit(*store, batch_of(loaded, 1, {new_event(1, {webhook})})).deliveries.empty());
  REQUIRE(release(place, "test", "mv-b").value());
  // The keeper claims what is free by itself; until the next look the engine does not know.
  REQUIRE(eventually([&] {
    return server().ask(fmt::format("SELECT session FROM {}.shards WHERE shard = {}", place.schema,
                                    home)) == std::to_string(loaded.session);
  }));
  CHECK(commit(*store, batch_of(loaded, 2, {new_event(2, {webhook})})).deliveries.empty());
  // Nor may it be missed because somebody of the same tenure was handed it.
  server().ask(fmt::format(
      "UPDATE {0}.deliveries SET claimed = (SELECT tenure FROM {0}.shards WHERE shard = {1})",
      place.schema, home));
  const auto news = look(*store);
  REQUIRE(news.gained.has_value());
  CHECK(news.gained->pending.size() == 2);
  CHECK(news.deliveries.empty());
}

TEST_CASE("replicas show each other's endpoints, each those of its own shards") {
  const auto place = new_place(1);
  const auto store = open(place, "mv-a");
  load(*store);
  PostgresViews ours{place, "mv-a"};
  PostgresViews theirs{place, "mv-b"};
  REQUIRE(ours.put({{"one", "first"}, {"two", "\"second\" \\"}}, 1).has_value());
  REQUIRE(theirs.put({{"one", "not theirs"}}, 1).has_value());
  CHECK(ours.rows(10)->empty());
  const auto rows = theirs.rows(10);
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].endpoint == "one");
  CHECK((*rows)[0].replica == "mv-a");
  CHECK(theirs.rows(1)->size() == 1);
  using Texts = std::vector<std::pair<std::string, std::string>>;
  CHECK(*theirs.texts({"two", "three"}) == Texts{{"two", "\"second\" \\"}});
  REQUIRE(ours.put({{"one", "later"}}, 1).has_value());
  CHECK((*theirs.rows(10))[0].at > (*rows)[0].at);
  CHECK(*theirs.texts({"one"}) == Texts{{"one", "later"}});
  REQUIRE(theirs.keep_only({}).has_value());
  CHECK(theirs.rows(10)->size() == 2);
  REQUIRE(ours.keep_only({"two"}).has_value());
  CHECK(theirs.rows(10)->size() == 1);
}

TEST_CASE("a role that was granted what a daemon needs can do all of it, and no more") {
  server().ask("CREATE ROLE daemon LOGIN");
  const auto place = new_place();
  REQUIRE(migrate(place, {.instance = "test", .role = "daemon"}).has_value());
  PostgresPlace theirs = place;
  theirs.url.replace(theirs.url.find("postgres@"), 9, "daemon@");
  const auto store = open(theirs, "mv-a");
  const auto loaded = load(*store);
  auto batch = batch_of(loaded, 1, {new_event(1, {"oncall"})});
  batch.forget_before = kStart - 24h;
  CHECK(commit(*store, batch).deliveries.size() == 1);
  PostgresDesk desk{theirs};
  CHECK(desk.submit({.action = OperatorAction::Drill}, kStart).has_value());
  PostgresConnection connection{theirs, "test", 5s};
  CHECK_FALSE(connection.run("DROP TABLE @events"));
}

TEST_CASE(
    "history is asked for as in a folder: by type, time, subject, id and number, page by page") {
  const auto place = new_place();
  const auto store = open(place, "mv-a");
  const auto loaded = load(*store);
  std::vector<NewEvent> events;
  for (std::uint64_t n = 1; n <= 5; ++n)
    events.push_back(new_event(n, {"a", "b"}, n == 3 ? "gateway" : "internlm"));
  events[1].event.type = EventType::AliasSettled;
  commit(*store, batch_of(loaded, 1, events));
  PostgresEventLog log{place};
  const auto numbers = [&](const EventFilter& filter) {
    std::string text;
    const auto found = log.events(filter);
    REQUIRE_MESSAGE(found.has_value(), found.error().sentence);
    for (const auto& one : *found) text += fmt::format("{} ", one.sequence);
    return text;
  };
  CHECK(numbers({}) == "5 4 3 2 1 ");
  CHECK(numbers({.limit = 2}) == "5 4 ");
  CHECK(numbers({.endpoint = "gateway"}) == "3 ");
  CHECK(numbers({.types = {"alias.sett*"}}) == "2 ");
  CHECK(numbers({.since = kStart + 3s, .until = kStart + 5s}) == "4 3 ");
  CHECK(numbers({.before_sequence = 3}) == "2 1 ");
  CHECK(numbers({.after_sequence = 3}) == "4 5 ");
  CHECK(numbers({.called = "4"}) == "4 ");
  CHECK(numbers({.called = events[0].event.id}) == "1 ");
  CHECK(numbers({.called = "%"}) == "");
  const auto page = log.deliveries({.limit = 3});
  REQUIRE(page.has_value());
  REQUIRE(page->size() == 3);
  CHECK((*page)[2].sequence == 4);
  CHECK((*page)[2].subject == "internlm/example-latest");
  const auto next = log.deliveries({.after = DeliveryPlace{4, "a"}, .limit = 2});
  REQUIRE(next->size() == 2);
  CHECK((*next)[0].webhook == "b");
  CHECK((*next)[0].sequence == 4);
  CHECK((*next)[1].sequence == 3);
  CHECK(log.deliveries({.webhook = "a", .state = DeliveryState::Pending})->size() == 5);
  CHECK(
      log.past({.endpoint = "internlm", .from = kStart, .to = kStart + 24h, .step = 1h})->empty());
}
