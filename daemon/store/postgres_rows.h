// Rows of the tables on PostgreSQL as values.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/store/postgres.h"

namespace modelvane {

// In the order that read_event expects; for `FROM @events AS e`.
inline constexpr const char* kPostgresEventColumns =
    "e.id, e.type, e.endpoint, e.alias, e.time_us, e.json";

// How the tables write a time.
inline std::int64_t micros(Time time) {
  return time.time_since_epoch().count();
}

// The columns from `first` on; nullopt: of a type that this version does not know.
std::optional<StoredEvent> read_event(const PostgresRows& rows, int row, std::uint64_t sequence,
                                      int first);

// from_us, up_us, down_us, unknown_us, longest_us, durations, failures.
PastSpan read_span(const PostgresRows& rows, int row, int first);

}  // namespace modelvane
