#include "daemon/store/past_table.h"

#include <algorithm>
#include <map>
#include <utility>

namespace modelvane {
namespace {

// A query that asks for more is cut: it takes a tenth of a second.
constexpr Duration::rep kRowsReadMax = 20'000;

// From column `first` on: those of the table behind its key.
PastSpan read_span(const Rows& rows, Time from, int first) {
  PastSpan span;
  span.from = from;
  span.seconds = {.up = Duration{rows.integer(first)},
                  .down = Duration{rows.integer(first + 1)},
                  .unknown = Duration{rows.integer(first + 2)}};
  span.longest = Duration{rows.integer(first + 3)};
  span.durations = DurationSketch::parse(rows.text(first + 4));
  span.failures = FailureCounts::parse(rows.text(first + 5));
  return span;
}

void read_last(Database& database, Duration step, Duration loaded,
               std::map<std::string, EndpointPast>& all,
               std::vector<PastSpan> EndpointPast::* spans) {
  Rows rows = database.query(
      "SELECT endpoint, from_us, up_us, down_us, unknown_us, longest_us, durations, failures "
      "FROM past WHERE step_us = ?1 AND from_us > "
      "(SELECT max(from_us) FROM past WHERE step_us = ?1) - ?2 ORDER BY from_us",
      step.count(), loaded.count());
  while (rows.next()) {
    const auto found = all.find(rows.text(0));
    if (found != all.end()) (found->second.*spans).push_back(read_span(rows, rows.time(1), 2));
  }
}

void put_spans(Database& database, const std::string& endpoint, Duration step,
               const std::vector<PastSpan>& spans) {
  for (const auto& span : spans) {
    const auto durations = span.durations.text();
    const auto failures = span.failures.text();
    database.execute(
        "INSERT INTO past(step_us, from_us, endpoint, up_us, down_us, unknown_us, longest_us, "
        "durations, failures) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
        "ON CONFLICT(step_us, from_us, endpoint) DO UPDATE SET up_us = excluded.up_us, "
        "down_us = excluded.down_us, unknown_us = excluded.unknown_us, "
        "longest_us = excluded.longest_us, durations = excluded.durations, "
        "failures = excluded.failures",
        step.count(), span.from, std::string_view{endpoint}, span.seconds.up.count(),
        span.seconds.down.count(), span.seconds.unknown.count(), span.longest.count(),
        std::string_view{durations}, std::string_view{failures});
  }
}

void forget(Database& database, Duration step, Time before) {
  database.execute("DELETE FROM past WHERE step_us = ?1 AND from_us < ?2", step.count(), before);
}

}  // namespace

std::vector<EndpointPast> read_last_past(Database& database) {
  std::map<std::string, EndpointPast> all;
  {
    Rows rows = database.query(
        "SELECT endpoint, up_us, down_us, unknown_us, until_us FROM endpoint_seconds");
    while (rows.next()) {
      EndpointPast past{.endpoint = rows.text(0),
                        .seconds = {.up = Duration{rows.integer(1)},
                                    .down = Duration{rows.integer(2)},
                                    .unknown = Duration{rows.integer(3)}},
                        .until = rows.time(4),
                        .hours = {},
                        .days = {}};
      all.emplace(past.endpoint, std::move(past));
    }
  }
  read_last(database, kHour, kHoursLoaded, all, &EndpointPast::hours);
  read_last(database, kDay, kDaysLoaded, all, &EndpointPast::days);
  std::vector<EndpointPast> past;
  past.reserve(all.size());
  for (auto& [name, one] : all) past.push_back(std::move(one));
  return past;
}

std::vector<PastSpan> read_past(Database& database, const PastFilter& filter) {
  const Duration row_step = filter.step % kDay == Duration{0} ? kDay : kHour;
  const Time end = std::min(filter.to, filter.from + row_step * kRowsReadMax);
  std::vector<PastSpan> spans;
  for (Time from = filter.from; from < end && database.ok(); from += row_step) {
    Rows rows = database.query(
        "SELECT up_us, down_us, unknown_us, longest_us, durations, failures FROM past "
        "WHERE step_us = ?1 AND from_us = ?2 AND endpoint = ?3",
        row_step.count(), from, std::string_view{filter.endpoint});
    if (!rows.next()) continue;
    const auto steps = (from - filter.from) / filter.step;
    auto span = read_span(rows, filter.from + filter.step * steps, 0);
    if (!spans.empty() && spans.back().from == span.from) {
      spans.back().add(span);
    } else {
      spans.push_back(std::move(span));
    }
  }
  return spans;
}

void put_past(Database& database, const Batch& batch) {
  for (const auto& past : batch.past) {
    database.execute(
        "INSERT INTO endpoint_seconds(endpoint, up_us, down_us, unknown_us, until_us) "
        "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(endpoint) DO UPDATE SET up_us = excluded.up_us, "
        "down_us = excluded.down_us, unknown_us = excluded.unknown_us, "
        "until_us = excluded.until_us",
        std::string_view{past.endpoint}, past.seconds.up.count(), past.seconds.down.count(),
        past.seconds.unknown.count(), past.until);
    put_spans(database, past.endpoint, kHour, past.hours);
    put_spans(database, past.endpoint, kDay, past.days);
  }
  if (batch.forget_hours_before) forget(database, kHour, *batch.forget_hours_before);
  if (batch.forget_before) forget(database, kDay, floor_to(*batch.forget_before, kDay));
}

}  // namespace modelvane
