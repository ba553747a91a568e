#include "daemon/store/sqlite_store.h"

#include <sys/stat.h>

#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

TEST_CASE("SQLite keeps the contract of all stores") {
  const TempFolder folder;
  check_store_contract([&] { return std::make_unique<SqliteStore>(folder.storage()); });
}

TEST_CASE("a new folder is made for the owner alone and holds nothing") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  const Loaded loaded = load(store);
  CHECK(loaded.endpoints.empty());
  CHECK(loaded.pending.empty());
  CHECK(loaded.last_sequence == 0);
  struct stat found{};
  REQUIRE(::stat(folder.storage().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);
  CHECK(std::filesystem::exists(folder.database()));
}

TEST_CASE("an installation without a name keeps one that was made once, or that it has told by") {
  const TempFolder folder;
  const auto made = [&] {
    SqliteStore store{folder.storage()};
    return load(store).instance;
  };
  const auto first = made();
  CHECK(first.starts_with("mv-"));
  CHECK(made() == first);
  {
    SqliteStore store{folder.storage()};
    load(store);
    auto told = event(1);
    told.json = R"({"source":"urn:modelvane:pod-1","id":"evt_1"})";
    commit(store, batch_of({told}, {}));
  }
  CHECK(made() == "pod-1");
  const TempFolder other;
  SqliteStore elsewhere{other.storage()};
  CHECK(load(elsewhere).instance != first);
}

TEST_CASE("everything in a batch is there after a restart") {
  const TempFolder folder;
  EndpointState state;
  state.has_baseline = true;
  state.ids = {"internlm3-8b", "internlm3-latest"};
  state.aliases["internlm3-latest"].sighting = test::shows("internlm3-8b");
  Delivery tried = delivery(2);
  tried.attempts = 3;
  tried.next_attempt = kStart + 90min;
  tried.last_error = "status 503";
  {
    SqliteStore store{folder.storage()};
    load(store);
    Batch batch = batch_of({event(1), event(2, EventType::EndpointDown, "gateway", "")},
                           {delivery(1), tried, delivery(1, "chat", DeliveryState::Delivered),
                            delivery(2, "chat", DeliveryState::Dead)});
    batch.states.emplace_back("internlm", state);
    commit(store, batch);
  }
  SqliteStore store{folder.storage()};
  const Loaded loaded = load(store);
  CHECK(loaded.endpoints.at("internlm") == state);
  REQUIRE(loaded.pending.size() == 2);
  CHECK(is_equal(loaded.pending[0].event, event(1)));
  CHECK(is_equal(loaded.pending[1].event, event(2, EventType::EndpointDown, "gateway", "")));
  CHECK(loaded.pending[1].delivery.webhook == "oncall");
  CHECK(loaded.pending[1].delivery.attempts == 3);
  CHECK(loaded.pending[1].delivery.created == tried.created);
  CHECK(loaded.pending[1].delivery.next_attempt == kStart + 90min);
  CHECK(loaded.pending[1].delivery.last_error == "status 503");
  CHECK(loaded.last_sequence == 2);
  CHECK(loaded.dead_letters == std::map<std::string, std::uint64_t>{{"chat", 1}});
  REQUIRE(loaded.event_counts.size() == 2);
  CHECK(loaded.event_counts[0].endpoint == "gateway");
  CHECK(loaded.event_counts[0].type == EventType::EndpointDown);
  CHECK(loaded.event_counts[1].count == 1);
}

TEST_CASE("pending deliveries come back in the order of their events") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1), event(2), event(3)},
                         {delivery(3), delivery(1, "z"), delivery(2), delivery(1, "a")}));
  std::string order;
  for (const auto& pending : load(store).pending)
    order += fmt::format("{}{} ", pending.delivery.sequence, pending.delivery.webhook);
  CHECK(order == "1a 1z 2oncall 3oncall ");
}

TEST_CASE("names with quotes, NUL and any script are kept byte for byte") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  const auto strange = event(1, EventType::AliasMoved, "it's",
                             std::string("a\0b", 3) + "'; DROP TABLE events; --書生");
  commit(store, batch_of({strange}, {delivery(1)}));
  CHECK(is_equal(load(store).pending.at(0).event, strange));
}

TEST_CASE("a delivery is one row per event and webhook, and its last state counts") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1)}, {delivery(1)}));
  commit(store, batch_of({}, {delivery(1, "oncall", DeliveryState::Delivered)}));
  CHECK(load(store).pending.empty());
  commit(store, batch_of({}, {delivery(1)}));
  CHECK(load(store).pending.size() == 1);
}

TEST_CASE("an id that another event has is refused, and nothing of the batch stays") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1)}));
  StoredEvent same_id = event(3);
  same_id.id = event(1).id;
  Batch batch = batch_of({event(2), same_id}, {delivery(2)});
  batch.states.emplace_back("internlm", EndpointState{.has_baseline = true});
  batch.good_marks.emplace_back("internlm", kStart);
  CHECK_FALSE(store.commit(batch).has_value());
  const Loaded loaded = load(store);
  CHECK(loaded.endpoints.empty());
  CHECK(loaded.pending.empty());
  CHECK(loaded.last_sequence == 1);
  CHECK(loaded.event_counts.at(0).count == 1);
  CHECK(all_events(folder.storage()).size() == 1);
  commit(store, batch_of({event(2)}));
}

TEST_CASE("the same batch again changes nothing: its first commit may have succeeded unnoticed") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  const Batch batch = batch_of({event(1), event(2)}, {delivery(1), delivery(2)});
  commit(store, batch);
  commit(store, batch);
  const Loaded loaded = load(store);
  CHECK(loaded.pending.size() == 2);
  CHECK(loaded.event_counts.at(0).count == 2);
}

TEST_CASE("a good mark moves the marks of a state that is not written anew") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  Batch first;
  EndpointState state{.has_baseline = true, .last_good = kStart, .ids = {"a"}};
  state.aliases["a"].sighting = test::shows("x");
  first.states.emplace_back("internlm", state);
  commit(store, first);
  Batch marks;
  marks.good_marks = {{"internlm", kStart + 5min}, {"unknown", kStart}};
  commit(store, marks);
  const auto marked = load(store).endpoints;
  REQUIRE(marked.size() == 1);
  CHECK(marked.at("internlm").last_good == kStart + 5min);
  CHECK(last_seen(marked.at("internlm"), marked.at("internlm").aliases.at("a")) == kStart + 5min);

  // A state that is written later stands for itself, even with an older time (the clock was put
  // back).
  commit(store, first);
  CHECK(load(store).endpoints.at("internlm").last_good == kStart);
}

TEST_CASE("a store keeps its own time, and begins with that of its newest event") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  CHECK_FALSE(load(store).reached);
  commit(store, batch_of({event(1), event(2)}));
  CHECK(load(store).reached == event(2).time);
  for (const auto reached : {kStart + 24h, kStart + 48h}) {
    Batch batch;
    batch.reached = reached;
    commit(store, batch);
    CHECK(load(store).reached == reached);
  }
}

TEST_CASE("retention forgets old events, but none that somebody is still to be told") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1), event(2), event(3), event(4)},
                         {delivery(1, "oncall", DeliveryState::Delivered), delivery(2),
                          delivery(3, "oncall", DeliveryState::Dead)}));
  Batch forget;
  forget.forget_before = event(4).time;
  commit(store, forget);
  const auto left = all_events(folder.storage());
  REQUIRE(left.size() == 2);
  CHECK(left[0].sequence == 2);
  CHECK(left[1].sequence == 4);
  const Loaded loaded = load(store);
  CHECK(loaded.pending.size() == 1);
  CHECK(loaded.dead_letters.empty());
  CHECK(loaded.event_counts.at(0).count == 4);
}

TEST_CASE("a sequence number is never given twice, also when its event is forgotten") {
  const TempFolder folder;
  {
    SqliteStore store{folder.storage()};
    commit(store, batch_of({event(1), event(2)}));
    Batch forget;
    forget.forget_before = kStart + 24h;
    commit(store, forget);
  }
  SqliteStore store{folder.storage()};
  CHECK(load(store).last_sequence == 2);
  commit(store, batch_of({event(3)}));
  CHECK(all_events(folder.storage()).at(0).sequence == 3);
}

TEST_CASE("beyond the limit the oldest finished events go first") {
  const TempFolder folder;
  SqliteStore store{folder.storage(), 3};
  commit(store, batch_of({event(1), event(2)}, {delivery(1)}));
  commit(store, batch_of({event(3), event(4), event(5)}));
  std::string left;
  for (const auto& one : all_events(folder.storage())) left += fmt::format("{} ", one.sequence);
  CHECK(left == "1 4 5 ");
}

TEST_CASE("a second store on the same folder is told who has it, and gets it when that one ends") {
  const TempFolder folder;
  auto first = std::make_unique<SqliteStore>(folder.storage());
  load(*first);
  SqliteStore second{folder.storage()};
  const auto refused = second.load();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == StoreError::Kind::Busy);
  CHECK(refused.error().sentence.find(fmt::format("another modelvane (process {}) already uses",
                                                  ::getpid())) != std::string::npos);
  first.reset();
  load(second);
}

TEST_CASE("a store that is closed has everything in its one file, also beside a reader") {
  const TempFolder folder;
  const TempFolder copy;
  auto store = std::make_unique<SqliteStore>(folder.storage());
  load(*store);
  commit(*store, batch_of({event(1)}));
  SqliteEventLog reader{folder.storage()};
  REQUIRE(reader.events({})->size() == 1);
  store.reset();
  std::filesystem::create_directories(copy.storage());
  std::filesystem::copy_file(folder.database(), copy.database());
  CHECK(all_events(copy.storage()).size() == 1);
}

TEST_CASE("the files are the owner's alone, whatever the umask") {
  const TempFolder folder;
  const auto former = ::umask(0);
  {
    SqliteStore store{folder.storage()};
    load(store);
    commit(store, batch_of({event(1)}));
    for (const auto* name : {"modelvane.db", "modelvane.db-wal", "modelvane.lock"}) {
      const auto mode = std::filesystem::status(folder.storage() / name).permissions();
      CHECK((mode & std::filesystem::perms::mask) == std::filesystem::perms{0600});
    }
  }
  ::umask(former);
}

TEST_CASE("many old events go slice by slice between the batches, and dead letters are counted") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  std::vector<StoredEvent> events;
  std::vector<Delivery> deliveries;
  for (std::uint64_t number = 1; number <= 5'000; ++number) {
    events.push_back(event(number));
    deliveries.push_back(delivery(number, "oncall", DeliveryState::Dead));
  }
  commit(store, batch_of(std::move(events), std::move(deliveries)));
  Batch forget;
  forget.forget_before = event(4'501).time;
  auto report = store.commit(forget);
  REQUIRE(report.has_value());
  CHECK(report->forgotten_dead["oncall"] == 2'000);
  for (int look = 0; look < 3; ++look) CHECK(store.look().has_value());
  report = store.commit(Batch{});
  REQUIRE(report.has_value());
  CHECK(report->forgotten_dead["oncall"] == 2'500);
  CHECK(all_events(folder.storage()).size() == 500);
}
