// Operators' requests through the database: from a command's connection to the daemon's, and what
// they leave behind.
#include <fmt/format.h>

#include <fstream>

#include "daemon/store/sqlite_desk.h"
#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

std::vector<OperatorTask> new_requests(SqliteStore& store) {
  auto news = store.look();
  REQUIRE_MESSAGE(news.has_value(), news.error().sentence);
  return std::move(news->requests);
}

std::uint64_t submit(OperatorDesk& desk, const OperatorRequest& request) {
  const auto id = desk.submit(request, kStart);
  REQUIRE_MESSAGE(id.has_value(), id.error().sentence);
  return *id;
}

Batch answer(std::uint64_t request) {
  Batch batch;
  batch.answers.push_back({.request = request,
                           .at = kStart,
                           .result = {.ok = true, .sentence = "done", .event_id = "evt_1"}});
  return batch;
}

}  // namespace

TEST_CASE("a request reaches the daemon whole, once, with the deliveries that it names") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  commit(store, batch_of({event(1)}, {delivery(1, "oncall", DeliveryState::Dead)}));
  CHECK(new_requests(store).empty());
  SqliteDesk desk{folder.storage()};
  OperatorRequest request{.action = OperatorAction::RetryDelivery,
                          .deliveries = {{1, "oncall"}, {7, "oncall"}},
                          .webhooks = {"oncall"},
                          .type = EventType::AliasMoved,
                          .endpoint = "e",
                          .alias = "a",
                          .targets = {"v1", "v2"}};
  request.id = submit(desk, request);
  const auto tasks = new_requests(store);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].request == request);
  REQUIRE(tasks[0].found.size() == 1);
  CHECK(tasks[0].found[0].delivery.state == DeliveryState::Dead);
  CHECK(is_equal(tasks[0].found[0].event, event(1)));
  CHECK(new_requests(store).empty());
}

TEST_CASE(
    "a request that was not answered before a crash comes again after it, an answered one does "
    "not") {
  const TempFolder folder;
  SqliteDesk desk{folder.storage()};
  std::uint64_t id = 0;
  {
    SqliteStore store{folder.storage()};
    load(store);
    id = submit(desk, {.action = OperatorAction::Drill});
    CHECK(new_requests(store).size() == 1);
  }
  {
    SqliteStore store{folder.storage()};
    load(store);
    REQUIRE(new_requests(store).size() == 1);
    CHECK_FALSE(desk.result(id)->has_value());
    commit(store, answer(id));
  }
  const auto result = desk.result(id);
  REQUIRE((result && *result));
  CHECK(**result == OperatorResult{.ok = true, .sentence = "done", .event_id = "evt_1"});
  SqliteStore store{folder.storage()};
  load(store);
  CHECK(new_requests(store).empty());
}

TEST_CASE("a request of a newer command is answered at once, and the others are not held up") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  SqliteDesk desk{folder.storage()};
  run_sql(folder.database(),
          "INSERT INTO requests(kind, body, made_us) VALUES('alias.rename', '{}', 1)");
  const auto id = submit(desk, {.action = OperatorAction::Drill});
  const auto tasks = new_requests(store);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].request.id == id);
  CHECK((*desk.result(id - 1))->sentence ==
        "this version of modelvane knows no request alias.rename");
}

TEST_CASE(
    "approved pins and switched-off webhooks are there after a restart, and go when they are taken "
    "back") {
  const TempFolder folder;
  {
    SqliteStore store{folder.storage()};
    load(store);
    Batch batch;
    batch.pins.push_back(
        {.endpoint = "e", .alias = "a", .targets = {"v1", "v2"}, .approved = kStart});
    batch.pins.push_back({.endpoint = "e", .alias = "b", .targets = {"v1"}, .approved = kStart});
    batch.webhook_switches.push_back(
        {.webhook = "w", .disabled = kStart, .reason = "gone", .address = -5});
    commit(store, batch);
    Batch next;
    next.pins.push_back({.endpoint = "e", .alias = "a", .targets = {"v3"}, .approved = kStart});
    next.pins.push_back({.endpoint = "e", .alias = "b", .targets = {}, .approved = kStart});
    commit(store, next);
  }
  SqliteStore store{folder.storage()};
  const Loaded loaded = load(store);
  CHECK(loaded.pins == std::map<std::string, ApprovedTargets>{{"e", {{"a", {"v3"}}}}});
  REQUIRE(loaded.webhook_switches.size() == 1);
  CHECK(loaded.webhook_switches[0].disabled == kStart);
  CHECK(loaded.webhook_switches[0].reason == "gone");
  CHECK(loaded.webhook_switches[0].address == -5);
  CHECK(*SqliteEventLog{folder.storage()}.approved_pins() == loaded.pins);
  Batch on;
  on.webhook_switches.push_back(
      {.webhook = "w", .disabled = std::nullopt, .reason = "", .address = 0});
  commit(store, on);
  SqliteEventLog log{folder.storage()};
  CHECK(load(store).webhook_switches.empty());
}

TEST_CASE("a dropped delivery is gone, its event is not") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  commit(store, batch_of({event(1)}, {delivery(1), delivery(1, "chat")}));
  Batch batch;
  batch.dropped = {{1, "oncall"}};
  commit(store, batch);
  const auto loaded = load(store);
  REQUIRE(loaded.pending.size() == 1);
  CHECK(loaded.pending[0].delivery.webhook == "chat");
  CHECK(all_events(folder.storage()).size() == 1);
}

TEST_CASE("a commit tells how many dead letters went with old events") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  commit(store, batch_of({event(1), event(2)}, {delivery(1, "a", DeliveryState::Dead),
                                                delivery(1, "b", DeliveryState::Delivered),
                                                delivery(2, "a", DeliveryState::Dead)}));
  Batch batch;
  batch.forget_before = kStart + 90s;
  const auto report = store.commit(batch);
  REQUIRE(report);
  CHECK(report->forgotten_dead == std::map<std::string, std::uint64_t>{{"a", 1}});
}

TEST_CASE("events are found by number and by the beginning of their id") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  commit(store, batch_of({event(1), event(2), event(16)}));
  SqliteEventLog log{folder.storage()};
  const auto find = [&](const std::string& called, std::size_t limit) {
    return log.events({.called = called, .limit = limit});
  };
  CHECK(find("2", 5)->at(0).sequence == 2);
  CHECK(find("evt_0", 5)->size() == 3);
  CHECK(find("evt_0", 2)->size() == 2);
  CHECK(find(event(16).id, 5)->at(0).sequence == 3);
  CHECK(find("4", 5)->empty());
  CHECK(find("%", 5)->empty());
}

TEST_CASE("whether a daemon runs is told by the folder's lock, and looking does not take it") {
  const TempFolder folder;
  SqliteDesk desk{folder.storage()};
  CHECK_FALSE(desk.daemon_runs());
  {
    SqliteStore store{folder.storage()};
    load(store);
    CHECK(desk.daemon_runs());
  }
  CHECK_FALSE(desk.daemon_runs());
  SqliteStore store{folder.storage()};
  load(store);
}

TEST_CASE("without a database a request is refused with a sentence, and none is made") {
  const TempFolder folder;
  SqliteDesk desk{folder.storage()};
  const auto id = desk.submit({.action = OperatorAction::Drill}, kStart);
  REQUIRE_FALSE(id);
  CHECK(id.error().sentence.find("--storage.path") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.database()));
}

TEST_CASE("a file of schema 1 is brought up to date with everything in it") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.storage());
  std::ifstream dump{std::filesystem::path{MODELVANE_GOLDEN} / "store" / "schema-1.sql"};
  run_sql(folder.database(), std::string{std::istreambuf_iterator<char>{dump}, {}});
  SqliteStore store{folder.storage()};
  const Loaded loaded = load(store);
  CHECK(loaded.endpoints.at("internlm").aliases.at("internlm3-latest").target() == "internlm3-8b");
  REQUIRE(loaded.pending.size() == 1);
  CHECK(loaded.pending[0].event->id == event(2).id);
  CHECK(loaded.pending[0].event->sequence == 2);
  CHECK(loaded.dead_letters == std::map<std::string, std::uint64_t>{{"chat", 1}});
  CHECK(loaded.last_sequence == 2);
  CHECK(loaded.pins.empty());
  SqliteDesk desk{folder.storage()};
  submit(desk, {.action = OperatorAction::Drill});
  CHECK(new_requests(store).size() == 1);
}
