// The page's sections, each a table with a caption, or a sentence when there is nothing to show.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"

namespace modelvane {

// Rows per table. Browsers show so many without a pause, and nobody reads more.
inline constexpr std::size_t kPageRowsMax = 300;

std::string endpoints_section(const Snapshot& snapshot);
std::string aliases_section(const Snapshot& snapshot);
std::string events_section(const std::expected<std::vector<StoredEvent>, std::string>& events, Time now);
std::string webhooks_section(const Snapshot& snapshot);

}  // namespace modelvane
