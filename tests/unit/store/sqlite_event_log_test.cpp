#include <atomic>
#include <thread>

#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

std::string numbers(SqliteEventLog& log, const EventFilter& filter) {
  const auto events = log.events(filter);
  REQUIRE_MESSAGE(events.has_value(), events.error().sentence);
  std::string text;
  for (const auto& one : *events) text += fmt::format("{} ", one.sequence);
  return text;
}

void fill_log(const TempFolder& folder) {
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1), event(2, EventType::AliasSettled),
                          event(3, EventType::EndpointDown, "gateway", ""),
                          event(4, EventType::AliasMoved, "gateway", "fast-latest"), event(5)}));
}

}  // namespace

TEST_CASE("without a database there are no events and none is made") {
  const TempFolder folder;
  SqliteEventLog log{folder.storage()};
  CHECK_FALSE(log.has_database());
  CHECK(log.events({})->empty());
  CHECK(log.deliveries({})->empty());
  CHECK(log.endpoint_states()->empty());
  CHECK_FALSE(std::filesystem::exists(folder.storage()));
  // The daemon's log is there before its store.
  fill_log(folder);
  CHECK(log.has_database());
  CHECK(log.events({})->size() == 5);
}

TEST_CASE("events come newest first, and oldest first behind a stream's cursor") {
  const TempFolder folder;
  fill_log(folder);
  SqliteEventLog log{folder.storage()};
  CHECK(numbers(log, {}) == "5 4 3 2 1 ");
  CHECK(numbers(log, {.after_sequence = 2}) == "3 4 5 ");
  CHECK(numbers(log, {.after_sequence = 5}) == "");
  CHECK(numbers(log, {.after_sequence = 0, .limit = 2}) == "1 2 ");
  CHECK(is_equal(log.events({.limit = 1})->at(0), event(5)));
}

TEST_CASE("filters narrow by endpoint, alias, type, time and cursor, also together") {
  const TempFolder folder;
  fill_log(folder);
  SqliteEventLog log{folder.storage()};
  struct Row {
    EventFilter filter;
    std::string expected;
  };
  const std::vector<Row> rows{
      {{.endpoint = "gateway"}, "4 3 "},
      {{.endpoint = "gate"}, ""},
      {{.alias = "internlm3-latest"}, "5 2 1 "},
      {{.types = {"alias.moved"}}, "5 4 1 "},
      {{.types = {"alias.*"}}, "5 4 2 1 "},
      {{.types = {"*.down", "*settled"}}, "3 2 "},
      {{.types = {"*"}}, "5 4 3 2 1 "},
      {{.types = {"alias"}}, ""},
      {{.since = event(3).time}, "5 4 3 "},
      {{.until = event(3).time}, "2 1 "},
      {{.since = event(2).time, .until = event(4).time}, "3 2 "},
      {{.before_sequence = 3}, "2 1 "},
      {{.before_sequence = 5, .limit = 2}, "4 3 "},
      {{.endpoint = "internlm",
        .alias = "internlm3-latest",
        .types = {"alias.moved"},
        .since = event(2).time,
        .before_sequence = 9},
       "5 "},
      {{.endpoint = "' OR 1 = 1 --"}, ""},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(numbers(log, rows[i].filter) == rows[i].expected);
  }
}

TEST_CASE("the limit stays between 1 and 1000") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  Batch batch;
  for (std::uint64_t i = 1; i <= 1001; ++i) batch.events.push_back(fresh(event(i)));
  commit(store, batch);
  SqliteEventLog log{folder.storage()};
  CHECK(log.events({.limit = 0})->size() == 1);
  CHECK(log.events({.limit = 1'000'000})->size() == 1000);
}

TEST_CASE(
    "deliveries come newest event first with what their event is about, and page by page without a "
    "gap") {
  const TempFolder folder;
  {
    SqliteStore store{folder.storage()};
    auto dead = delivery(2, "chat", DeliveryState::Dead);
    dead.attempts = 3;
    dead.last_error = "the receiver answered 410";
    commit(store, batch_of({event(1), event(2, EventType::EndpointDown, "gateway", ""), event(3)},
                           {delivery(1, "chat", DeliveryState::Delivered), delivery(1, "oncall"),
                            dead, delivery(2, "oncall"), delivery(3, "oncall")}));
  }
  SqliteEventLog log{folder.storage()};
  const auto numbers_of = [&](const DeliveryFilter& filter) {
    const auto rows = log.deliveries(filter);
    REQUIRE_MESSAGE(rows.has_value(), rows.error().sentence);
    std::string text;
    for (const auto& row : *rows) text += fmt::format("{}{} ", row.sequence, row.webhook[0]);
    return text;
  };
  CHECK(numbers_of({}) == "3o 2c 2o 1c 1o ");
  CHECK(numbers_of({.webhook = "chat"}) == "2c 1c ");
  CHECK(numbers_of({.state = DeliveryState::Pending}) == "3o 2o 1o ");
  CHECK(numbers_of({.webhook = "chat", .state = DeliveryState::Delivered}) == "1c ");
  CHECK(numbers_of({.event_id = event(2).id}) == "2c 2o ");
  CHECK(numbers_of({.limit = 2}) == "3o 2c ");
  CHECK(numbers_of({.after = DeliveryPlace{2, "chat"}, .limit = 2}) == "2o 1c ");
  CHECK(numbers_of({.after = DeliveryPlace{1, "oncall"}}) == "");
  const auto row = log.deliveries({.state = DeliveryState::Dead})->at(0);
  CHECK(row.event_id == event(2).id);
  CHECK(row.type == EventType::EndpointDown);
  CHECK(row.subject == "gateway");
  CHECK(row.state == DeliveryState::Dead);
  CHECK(row.attempts == 3);
  CHECK(row.created == kStart + 2min);
  CHECK(row.last_error == "the receiver answered 410");
  CHECK(log.deliveries({.event_id = event(3).id})->at(0).subject == "internlm/internlm3-latest");
}

TEST_CASE("endpoint states are read with their marks") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  Batch batch;
  batch.states.emplace_back("internlm", EndpointState{.has_baseline = true, .last_good = kStart});
  batch.good_marks.emplace_back("internlm", kStart + 1min);
  commit(store, batch);
  const auto states = SqliteEventLog{folder.storage()}.endpoint_states();
  REQUIRE(states->size() == 1);
  CHECK(states->at(0).first == "internlm");
  CHECK(states->at(0).second.last_good == kStart + 1min);
}

TEST_CASE("several threads read while a writer commits, and each sees an unbroken beginning") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  load(store);
  constexpr std::uint64_t kEvents = 200;
  SqliteEventLog log{folder.storage()};
  std::atomic<int> broken{0};
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        std::uint64_t last = 0;
        while (last < kEvents) {
          const auto events = log.events({.after_sequence = last, .limit = 7});
          if (!events) {
            ++broken;
            return;
          }
          for (const auto& one : *events) broken += one.sequence != ++last;
        }
      });
    }
    for (std::uint64_t i = 1; i <= kEvents; ++i) commit(store, batch_of({event(i)}));
  }
  CHECK(broken == 0);
}

TEST_CASE("a log that reads follows when the database is replaced by another") {
  const TempFolder folder;
  const TempFolder other;
  fill_log(folder);
  SqliteEventLog log{folder.storage()};
  CHECK(log.events({})->size() == 5);
  {
    SqliteStore store{other.storage()};
    commit(store, batch_of({event(1)}));
  }
  std::filesystem::rename(other.database(), folder.database());
  CHECK(log.events({})->size() == 1);
}
