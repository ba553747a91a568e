// What the replicas of a cluster show of each other's endpoints: texts that their owners put down,
// for display only. No decision rests on them, so they go past the batches and their fence. One
// thread at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/ownership.h"
#include "daemon/store/postgres.h"

namespace modelvane {

struct ViewRow {
  std::string endpoint;
  std::string replica;  // that put it down
  std::string address;  // of that, where it lives; "" = not told
  Time at{};            // by the database's clock
};

class PostgresViews {
 public:
  PostgresViews(PostgresPlace place, std::string replica);

  // Endpoints with their texts. Of shards that are not ours nothing is taken.
  std::expected<void, StoreError> put(const std::vector<std::pair<std::string, std::string>>& texts,
                                      ShardCount shards);
  // Of our shards these endpoints are all that there are.
  std::expected<void, StoreError> keep_only(const std::vector<std::string>& endpoints);
  // What others put down, by endpoint: at most `most`.
  std::expected<std::vector<ViewRow>, StoreError> rows(std::size_t most);
  // The texts of some; what has gone meanwhile is left out.
  std::expected<std::vector<std::pair<std::string, std::string>>, StoreError> texts(
      const std::vector<std::string>& endpoints);

 private:
  KeptConnection kept_;
  const std::string replica_;
};

}  // namespace modelvane
