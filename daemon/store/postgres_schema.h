// The schema on PostgreSQL: made and upgraded by `modelvane store migrate`, checked by each daemon
// that begins a session.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "daemon/store/postgres.h"

namespace modelvane {

inline constexpr ShardCount kShardsUsual = 64;
inline constexpr ShardCount kShardsMax = 4096;

struct SchemaWish {
  std::string instance;              // that of all replicas: it is part of event ids and source
  ShardCount shards = kShardsUsual;  // only of a schema that is made
  std::string role;                  // gets what a daemon needs; "" = nobody
};
// What was done, as a sentence.
std::expected<std::string, StoreError> migrate(const PostgresPlace& place, const SchemaWish& wish);

// What a daemon must know of it. Fails the connection with a sentence when the schema is missing,
// older or newer, or another instance's ("": any will do).
ShardCount check_schema(PostgresConnection& connection, const PostgresPlace& place,
                        const std::string& instance);

}  // namespace modelvane
