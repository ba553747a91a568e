// Stores on schemas of their own, on one real PostgreSQL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/store/postgres_store.h"
#include "tests/cluster/postgres_server.h"

namespace system_test {

inline constexpr modelvane::Duration kStoreLease = std::chrono::seconds{3};

modelvane::Time wall_now();
PostgresServer& server();
modelvane::PostgresPlace new_place(modelvane::ShardCount shards = 8);
// Of an engine that always moves, and a wall clock that is so far ahead.
std::unique_ptr<modelvane::PostgresStore> open(const modelvane::PostgresPlace& place,
                                               const std::string& replica,
                                               modelvane::Duration ahead = {});

// What each must succeed in.
modelvane::Loaded load(modelvane::Store& store);
modelvane::StoreNews look(modelvane::Store& store);
modelvane::CommitReport commit(modelvane::Store& store, const modelvane::Batch& batch);

modelvane::Batch batch_of(const modelvane::Loaded& loaded, std::uint64_t number,
                          std::vector<modelvane::NewEvent> events);

}  // namespace system_test
