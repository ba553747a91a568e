#include "daemon/store/stored_event.h"

#include <fmt/format.h>

#include "daemon/store/checksum.h"

namespace modelvane {

std::uint32_t checksum_of(const StoredEvent& event) {
  // Lengths keep the borders between fields: "ab","c" is not "a","bc".
  const auto head = fmt::format("{}:{}:{}:{}:{}:{}:{}:{}", event.sequence, event.id.size(),
                                event.id, name(event.type), event.endpoint.size(), event.endpoint,
                                event.alias, event.time.time_since_epoch().count());
  return crc32c(event.json, crc32c(head));
}

std::optional<StoredEvent> read_event(const Rows& rows, int first) {
  const auto type = kEventTypes.parse(rows.text(first + 2));
  if (!type) return std::nullopt;
  StoredEvent event;
  event.sequence = static_cast<std::uint64_t>(rows.integer(first));
  event.id = rows.text(first + 1);
  event.type = *type;
  event.endpoint = rows.text(first + 3);
  event.alias = rows.text(first + 4);
  event.time = rows.time(first + 5);
  event.json = rows.text(first + 7);
  if (rows.integer(first + 6) != std::int64_t{checksum_of(event)}) return std::nullopt;
  return event;
}

}  // namespace modelvane
