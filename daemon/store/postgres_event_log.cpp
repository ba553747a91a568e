#include "daemon/store/postgres_event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/store/event_filter_terms.h"
#include "daemon/store/postgres_rows.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// People wait for the answer.
constexpr Duration kPeopleWaitAtMost = std::chrono::seconds{10};
// A query that asks for more is cut.
constexpr Duration::rep kSpansMax = 20'000;

// Conditions with their values, numbered as they come.
class Terms {
 public:
  // `condition` has `{}` for each place of the value.
  void add(std::string_view condition, std::string value) {
    values_.push_back(std::move(value));
    const auto place = fmt::format("${}", values_.size());
    sql_ += " AND ";
    sql_ += fmt::format(fmt::runtime(condition), fmt::arg("v", place));
  }
  const std::string& sql() const { return sql_; }
  const std::vector<std::string>& values() const { return values_; }

 private:
  std::string sql_ = " WHERE true";
  std::vector<std::string> values_;
};

std::vector<StoredEvent> read_events(PostgresConnection& connection, const EventFilter& filter) {
  Terms terms;
  if (!filter.endpoint.empty()) terms.add("e.endpoint = {v}", postgres_text(filter.endpoint));
  if (!filter.alias.empty()) terms.add("e.alias = {v}", postgres_text(filter.alias));
  if (!filter.types.empty())
    terms.add("strpos({v}, ',' || e.type || ',') > 0", matching_types(filter.types));
  if (filter.since) terms.add("e.time_us >= {v}::bigint", std::to_string(micros(*filter.since)));
  if (filter.until) terms.add("e.time_us < {v}::bigint", std::to_string(micros(*filter.until)));
  if (filter.before_sequence)
    terms.add("e.sequence < {v}::bigint", std::to_string(*filter.before_sequence));
  if (filter.after_sequence)
    terms.add("e.sequence > {v}::bigint", std::to_string(*filter.after_sequence));
  if (is_digits(filter.called)) {
    terms.add("e.sequence = {v}::numeric", filter.called);
  } else if (!filter.called.empty()) {
    // "~" comes after every character of an id, so this is a range of the index.
    terms.add("e.id >= {v} AND e.id < {v} || '~'", postgres_text(filter.called));
  }
  const auto rows = connection.send(
      fmt::format("SELECT e.sequence, {} FROM @events AS e{} ORDER BY e.sequence{} LIMIT {}",
                  kPostgresEventColumns, terms.sql(), filter.after_sequence ? "" : " DESC",
                  std::clamp(filter.limit, kRowsMin, kRowsMax)),
      terms.values());
  std::vector<StoredEvent> events;
  for (int row = 0; row < rows.count(); ++row) {
    if (auto event = read_event(rows, row, static_cast<std::uint64_t>(rows.integer(row, 0)), 1))
      events.push_back(std::move(*event));
  }
  return events;
}

std::vector<DeliveryRow> read_deliveries(PostgresConnection& connection,
                                         const DeliveryFilter& filter) {
  Terms terms;
  if (!filter.webhook.empty()) terms.add("d.webhook = {v}", postgres_text(filter.webhook));
  if (filter.state) terms.add("d.state = {v}", std::string{label(*filter.state)});
  if (!filter.event_id.empty()) terms.add("e.id = {v}", postgres_text(filter.event_id));
  if (filter.after) {
    const auto sequence = std::to_string(filter.after->sequence);
    terms.add("d.sequence <= {v}::bigint", sequence);
    terms.add(fmt::format("(d.sequence < {}::bigint OR d.webhook > {{v}})", sequence),
              postgres_text(filter.after->webhook));
  }
  const auto rows = connection.send(
      fmt::format("SELECT d.sequence, e.id, e.type, e.endpoint, e.alias, d.webhook, d.state, "
                  "d.attempts, d.created_us, d.next_attempt_us, d.last_error FROM @deliveries AS d "
                  "JOIN @events AS e ON e.sequence = d.sequence{} "
                  "ORDER BY d.sequence DESC, d.webhook LIMIT {}",
                  terms.sql(), std::clamp(filter.limit, kRowsMin, kRowsMax)),
      terms.values());
  std::vector<DeliveryRow> deliveries;
  for (int row = 0; row < rows.count(); ++row) {
    const auto type = kEventTypes.parse(rows.text(row, 2));
    const auto state = kDeliveryStates.parse(rows.text(row, 6));
    if (!type || !state) continue;
    deliveries.push_back({.sequence = static_cast<std::uint64_t>(rows.integer(row, 0)),
                          .event_id = rows.text(row, 1),
                          .type = *type,
                          .subject = subject_of(rows.text(row, 3), rows.text(row, 4)),
                          .webhook = rows.text(row, 5),
                          .state = *state,
                          .attempts = static_cast<int>(rows.integer(row, 7)),
                          .created = rows.time(row, 8),
                          .next_attempt = rows.time(row, 9),
                          .last_error = rows.text(row, 10)});
  }
  return deliveries;
}

std::vector<PastSpan> read_past(PostgresConnection& connection, const PastFilter& filter) {
  const Duration row_step = filter.step % kDay == Duration{0} ? kDay : kHour;
  const auto rows = connection.query(
      "SELECT from_us, up_us, down_us, unknown_us, longest_us, durations, failures FROM @past "
      "WHERE endpoint = $1 AND step_us = $2 AND from_us >= $3 AND from_us < $4 ORDER BY from_us "
      "LIMIT $5",
      std::string_view{filter.endpoint}, row_step.count(), filter.from, filter.to, kSpansMax);
  std::vector<PastSpan> spans;
  for (int row = 0; row < rows.count(); ++row) {
    auto span = read_span(rows, row, 0);
    span.from = filter.from + filter.step * ((span.from - filter.from) / filter.step);
    if (!spans.empty() && spans.back().from == span.from) {
      spans.back().add(span);
    } else {
      spans.push_back(std::move(span));
    }
  }
  return spans;
}

}  // namespace

PostgresEventLog::PostgresEventLog(PostgresPlace place)
    : kept_(std::move(place), "modelvane api", kPeopleWaitAtMost) {}

template <typename Read>
auto PostgresEventLog::ask(Read read)
    -> std::expected<std::invoke_result_t<Read, PostgresConnection&>, StoreError> {
  const std::scoped_lock lock{mutex_};
  auto& connection = kept_.open();
  return connection.answer(read(connection));
}

std::expected<std::vector<StoredEvent>, StoreError> PostgresEventLog::events(
    const EventFilter& filter) {
  return ask([&](PostgresConnection& connection) { return read_events(connection, filter); });
}

std::expected<std::vector<DeliveryRow>, StoreError> PostgresEventLog::deliveries(
    const DeliveryFilter& filter) {
  return ask([&](PostgresConnection& connection) { return read_deliveries(connection, filter); });
}

std::expected<std::uint64_t, StoreError> PostgresEventLog::bytes() {
  return ask([&](PostgresConnection& connection) {
    const auto rows = connection.query(
        "SELECT coalesce(sum(pg_total_relation_size(format('%I.%I', schemaname, "
        "tablename)::regclass)), 0)::bigint FROM pg_tables WHERE schemaname = $1",
        std::string_view{kept_.place().schema});
    return rows.count() == 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(rows.integer(0, 0));
  });
}

std::expected<std::vector<PastSpan>, StoreError> PostgresEventLog::past(const PastFilter& filter) {
  return ask([&](PostgresConnection& connection) { return read_past(connection, filter); });
}

}  // namespace modelvane
