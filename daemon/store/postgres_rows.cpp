#include "daemon/store/postgres_rows.h"

namespace modelvane {

std::optional<StoredEvent> read_event(const PostgresRows& rows, int row, std::uint64_t sequence,
                                      int first) {
  const auto type = kEventTypes.parse(rows.text(row, first + 1));
  if (!type) return std::nullopt;
  return StoredEvent{.sequence = sequence,
                     .id = rows.text(row, first),
                     .type = *type,
                     .endpoint = rows.text(row, first + 2),
                     .alias = rows.text(row, first + 3),
                     .time = rows.time(row, first + 4),
                     .json = rows.text(row, first + 5)};
}

PastSpan read_span(const PostgresRows& rows, int row, int first) {
  PastSpan span;
  span.from = rows.time(row, first);
  span.seconds = {.up = rows.duration(row, first + 1),
                  .down = rows.duration(row, first + 2),
                  .unknown = rows.duration(row, first + 3)};
  span.longest = rows.duration(row, first + 4);
  span.durations = DurationSketch::parse(rows.text(row, first + 5));
  span.failures = FailureCounts::parse(rows.text(row, first + 6));
  return span;
}

}  // namespace modelvane
