#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "daemon/store/commit_trail.h"
#include "daemon/store/event_filter_terms.h"
#include "daemon/store/folder_lock.h"
#include "daemon/store/past_table.h"
#include "daemon/store/request_table.h"
#include "daemon/store/schema.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/store/stored_event.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// Conditions are only there when they are needed, so that SQLite can choose an index; every value
// has its fixed number. At most 3 * 2^7 texts, each prepared once.
std::string sql_for(const EventFilter& filter) {
  std::string sql = fmt::format("SELECT {} FROM events AS e WHERE true", kEventColumns);
  if (!filter.endpoint.empty()) sql += " AND e.endpoint = ?1";
  if (!filter.alias.empty()) sql += " AND e.alias = ?2";
  if (!filter.types.empty()) sql += " AND instr(?3, ',' || e.type || ',') > 0";
  if (filter.since) sql += " AND e.time_us >= ?4";
  if (filter.until) sql += " AND e.time_us < ?5";
  if (filter.before_sequence) sql += " AND e.sequence < ?6";
  if (filter.after_sequence) sql += " AND e.sequence > ?7";
  // "~" comes after every character of an id, so this is a range of the index.
  if (is_digits(filter.called)) {
    sql += " AND e.sequence = CAST(?8 AS INTEGER)";
  } else if (!filter.called.empty()) {
    sql += " AND e.id >= ?8 AND e.id < ?8 || '~'";
  }
  return sql + (filter.after_sequence ? " ORDER BY e.sequence LIMIT ?9"
                                      : " ORDER BY e.sequence DESC LIMIT ?9");
}

void fail_damaged_event(Database& database, std::int64_t sequence) {
  database.fail(StoreError::Kind::Damaged,
                fmt::format("event {0} in {1} is damaged (its checksum does not fit); ask for a "
                            "span of time without it, or "
                            "remove it: sqlite3 {1} \"DELETE FROM events WHERE sequence = {0}\"",
                            sequence, database.file().string()));
}

std::vector<StoredEvent> read_events(Database& database, const EventFilter& filter) {
  const auto types = matching_types(filter.types);
  const std::uint64_t limit = std::clamp(filter.limit, kRowsMin, kRowsMax);
  std::vector<StoredEvent> events;
  Rows rows = database.query(sql_for(filter), std::string_view{filter.endpoint},
                             std::string_view{filter.alias}, std::string_view{types},
                             filter.since.value_or(Time{}), filter.until.value_or(Time{}),
                             filter.before_sequence.value_or(0), filter.after_sequence.value_or(0),
                             std::string_view{filter.called}, limit);
  while (rows.next()) {
    if (auto event = read_event(rows)) {
      events.push_back(std::move(*event));
    } else if (database.ok()) {
      fail_damaged_event(database, rows.integer(0));
    }
  }
  return events;
}

// States stand in the text and not as values: only so can SQLite use the indexes of pending and
// dead ones.
std::string sql_for(const DeliveryFilter& filter) {
  std::string sql =
      "SELECT d.sequence, e.id, e.type, e.endpoint, e.alias, d.webhook, d.state, d.attempts, "
      "d.created_us, d.next_attempt_us, "
      "d.last_error FROM deliveries AS d JOIN events AS e ON e.sequence = d.sequence WHERE true";
  if (!filter.webhook.empty()) sql += " AND d.webhook = ?1";
  if (filter.state) sql += fmt::format(" AND d.state = '{}'", label(*filter.state));
  if (!filter.event_id.empty()) sql += " AND e.id = ?2";
  if (filter.after) sql += " AND d.sequence <= ?3 AND (d.sequence < ?3 OR d.webhook > ?4)";
  return sql + " ORDER BY d.sequence DESC, d.webhook LIMIT ?5";
}

std::optional<DeliveryRow> read_delivery(const Rows& rows) {
  const auto type = kEventTypes.parse(rows.text(2));
  const auto state = kDeliveryStates.parse(rows.text(6));
  if (!type || !state) return std::nullopt;
  return DeliveryRow{.sequence = static_cast<std::uint64_t>(rows.integer(0)),
                     .event_id = rows.text(1),
                     .type = *type,
                     .subject = subject_of(rows.text(3), rows.text(4)),
                     .webhook = rows.text(5),
                     .state = *state,
                     .attempts = static_cast<int>(rows.integer(7)),
                     .created = rows.time(8),
                     .next_attempt = rows.time(9),
                     .last_error = rows.text(10)};
}

std::vector<DeliveryRow> read_deliveries(Database& database, const DeliveryFilter& filter) {
  const auto after = filter.after.value_or(DeliveryPlace{});
  const std::uint64_t limit = std::clamp(filter.limit, kRowsMin, kRowsMax);
  std::vector<DeliveryRow> deliveries;
  Rows rows = database.query(sql_for(filter), std::string_view{filter.webhook},
                             std::string_view{filter.event_id}, after.sequence,
                             std::string_view{after.webhook}, limit);
  while (rows.next()) {
    if (auto delivery = read_delivery(rows)) {
      deliveries.push_back(std::move(*delivery));
    } else if (database.ok()) {
      fail_damaged_event(database, rows.integer(0));
    }
  }
  return deliveries;
}

}  // namespace

SqliteEventLog::SqliteEventLog(std::filesystem::path folder) : folder_(std::move(folder)) {}

SqliteEventLog::~SqliteEventLog() = default;

bool SqliteEventLog::has_database() const {
  std::error_code error;
  const auto size = std::filesystem::file_size(database_file(folder_), error);
  return !error && size > 0;
}

std::expected<Database*, StoreError> SqliteEventLog::open() {
  if (database_ && !database_->is_still_there()) database_.reset();
  if (database_) return database_.get();
  if (!has_database()) return nullptr;
  auto database = std::make_unique<Database>(database_file(folder_), Database::Access::Read);
  auto version = identify(*database);
  // Readers of a log write beside it. On a mounted backup they cannot, and need not when the daemon
  // that wrote it was stopped: all of it is in the file.
  std::error_code error;
  const auto log_bytes = std::filesystem::file_size(log_of(database_file(folder_)), error);
  if (!database->ok() && database->error().kind == StoreError::Kind::ReadOnly &&
      (error || log_bytes == 0) && !FolderLock::is_held(folder_)) {
    database = std::make_unique<Database>(database_file(folder_), Database::Access::Immutable);
    version = identify(*database);
  }
  if (!database->ok()) return std::unexpected(database->error());
  // The daemon is just making it.
  if (version == 0) return nullptr;
  if (version < schema_version()) {
    return std::unexpected(
        StoreError{StoreError::Kind::Unavailable,
                   fmt::format("{} was written by an older modelvane (schema {}, this one reads "
                               "{}); start `modelvane serve` "
                               "of this version once to bring it up to date",
                               database->file().string(), version, schema_version())});
  }
  database_ = std::move(database);
  return database_.get();
}

template <typename Read>
auto SqliteEventLog::ask(Read read)
    -> std::expected<std::invoke_result_t<Read, Database&>, StoreError> {
  const std::scoped_lock lock{mutex_};
  const auto opened = open();
  if (!opened) return std::unexpected(opened.error());
  if (!*opened) return std::invoke_result_t<Read, Database&>{};
  auto found = read(**opened);
  if ((*opened)->ok()) return found;
  StoreError error = (*opened)->error();
  database_.reset();
  return std::unexpected(std::move(error));
}

std::expected<std::vector<StoredEvent>, StoreError> SqliteEventLog::events(
    const EventFilter& filter) {
  return ask([&](Database& database) { return read_events(database, filter); });
}

std::expected<std::vector<DeliveryRow>, StoreError> SqliteEventLog::deliveries(
    const DeliveryFilter& filter) {
  return ask([&](Database& database) { return read_deliveries(database, filter); });
}

std::expected<std::vector<PastSpan>, StoreError> SqliteEventLog::past(const PastFilter& filter) {
  return ask([&](Database& database) { return read_past(database, filter); });
}

std::expected<std::map<std::string, ApprovedTargets>, StoreError> SqliteEventLog::approved_pins() {
  return ask([](Database& database) { return read_pins(database); });
}

std::expected<std::vector<std::pair<std::string, EndpointState>>, StoreError>
SqliteEventLog::endpoint_states() {
  return ask([](Database& database) { return read_states(database); });
}

}  // namespace modelvane
