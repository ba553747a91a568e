#include "tests/cluster/open_stores.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "daemon/store/postgres_schema.h"
#include "tests/store_contract.h"

namespace system_test {

using namespace modelvane;
using test::kStart;

Time wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

PostgresServer& server() {
  static PostgresServer one;
  return one;
}

PostgresPlace new_place(ShardCount shards) {
  static int number = 0;
  PostgresPlace place{.url = server().url(), .schema = fmt::format("modelvane_{}", ++number)};
  const auto made = migrate(place, {.instance = "test", .shards = shards});
  REQUIRE_MESSAGE(made.has_value(), made.error().sentence);
  return place;
}

std::unique_ptr<PostgresStore> open(const PostgresPlace& place, const std::string& replica,
                                    Duration ahead) {
  auto turns = [turn = std::make_shared<std::atomic<std::uint64_t>>(0)] { return ++*turn; };
  return std::make_unique<PostgresStore>(
      place,
      ReplicaSettings{.instance = "test",
                      .name = replica,
                      .version = "0",
                      .lease = kStoreLease,
                      .wall = [ahead] { return wall_now() + ahead; }},
      std::move(turns), 1'000'000);
}

Loaded load(Store& store) {
  auto loaded = store.load();
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().sentence);
  return std::move(*loaded);
}

StoreNews look(Store& store) {
  auto news = store.look();
  REQUIRE_MESSAGE(news.has_value(), news.error().sentence);
  return std::move(*news);
}

CommitReport commit(Store& store, const Batch& batch) {
  auto report = store.commit(batch);
  REQUIRE_MESSAGE(report.has_value(), report.error().sentence);
  return std::move(*report);
}

Batch batch_of(const Loaded& loaded, std::uint64_t number, std::vector<NewEvent> events) {
  return {.session = loaded.session, .number = number, .at = kStart, .events = std::move(events)};
}

}  // namespace system_test
