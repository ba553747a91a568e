// A row of the table `events` <-> StoredEvent, with the checksum that tells a damaged row.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"

namespace modelvane {

// In the order that read_event expects; for `FROM events AS e`.
inline constexpr const char* kEventColumns =
    "e.sequence, e.id, e.type, e.endpoint, e.alias, e.time_us, e.checksum, e.json";
inline constexpr int kEventColumnCount = 8;

// Over every column: a flipped byte in an id or a time is as wrong as one in the text.
std::uint32_t checksum_of(const StoredEvent& event);

// The columns from `first` on; nullopt when the checksum does not fit.
std::optional<StoredEvent> read_event(const Rows& rows, int first = 0);

}  // namespace modelvane
