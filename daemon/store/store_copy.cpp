#include "daemon/store/store_copy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/store/postgres_admin.h"
#include "daemon/store/postgres_event_log.h"
#include "daemon/store/postgres_schema.h"
#include "daemon/store/postgres_store.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/store/stored_event.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Events and deliveries are moved so many at a time.
constexpr std::size_t kPage = 1'000;
constexpr Duration kStatementWithin = std::chrono::minutes{1};
constexpr Duration kLease = std::chrono::minutes{5};
// What a store keeps of days at most.
constexpr Duration kDaysKept = std::chrono::days{3650};

struct Opened {
  std::unique_ptr<Store> store;
  std::unique_ptr<EventLog> log;
  Loaded loaded;
};

std::expected<std::unique_ptr<Store>, StoreError> store_at(const CopyPlace& place) {
  if (const auto* folder = std::get_if<std::filesystem::path>(&place))
    return std::make_unique<SqliteStore>(*folder);
  const auto& database = std::get<PostgresPlace>(place);
  const auto status = read_status(database, "");
  if (!status) return std::unexpected(status.error());
  if (!status->replicas.empty())
    return std::unexpected(StoreError{
        StoreError::Kind::Busy, fmt::format("replica {} works on schema {}: stop all of them first",
                                            status->replicas.front().name, database.schema)});
  return std::make_unique<PostgresStore>(
      database, ReplicaSettings{.instance = "", .name = "modelvane store copy", .lease = kLease},
      [turn = std::make_shared<std::uint64_t>(0)] { return ++*turn; }, kEventsMax);
}

std::expected<Opened, StoreError> open(const CopyPlace& place) {
  auto store = store_at(place);
  if (!store) return std::unexpected(store.error());
  auto loaded = (*store)->load();
  if (!loaded) return std::unexpected(loaded.error());
  Opened opened{.store = std::move(*store), .log = nullptr, .loaded = std::move(*loaded)};
  if (const auto* folder = std::get_if<std::filesystem::path>(&place)) {
    opened.log = std::make_unique<SqliteEventLog>(*folder);
  } else {
    opened.log = std::make_unique<PostgresEventLog>(std::get<PostgresPlace>(place));
  }
  return opened;
}

// Rows with the numbers that they have already, which a store gives by itself otherwise.
class Import {
 public:
  virtual ~Import() = default;
  virtual std::optional<StoreError> put(const std::vector<StoredEvent>& events) = 0;
  virtual std::optional<StoreError> put(const std::vector<DeliveryRow>& deliveries) = 0;
  virtual std::optional<StoreError> finish(const Loaded& loaded) = 0;
};

class FolderImport final : public Import {
 public:
  explicit FolderImport(const std::filesystem::path& folder)
      : database_(database_file(folder), Database::Access::Write) {}

  std::optional<StoreError> put(const std::vector<StoredEvent>& events) override {
    database_.run("BEGIN IMMEDIATE");
    for (const auto& event : events) {
      database_.execute(
          "INSERT INTO events(sequence, id, type, endpoint, alias, time_us, checksum, json) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
          event.sequence, std::string_view{event.id}, name(event.type),
          std::string_view{event.endpoint}, std::string_view{event.alias}, event.time,
          std::int64_t{checksum_of(event)}, std::string_view{event.json});
    }
    return commit();
  }
  std::optional<StoreError> put(const std::vector<DeliveryRow>& deliveries) override {
    database_.run("BEGIN IMMEDIATE");
    for (const auto& row : deliveries) {
      database_.execute(
          "INSERT INTO deliveries(sequence, webhook, state, attempts, created_us, "
          "next_attempt_us, last_error) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
          row.sequence, std::string_view{row.webhook}, label(row.state), std::int64_t{row.attempts},
          row.created, row.next_attempt, std::string_view{row.last_error});
    }
    return commit();
  }
  std::optional<StoreError> finish(const Loaded& loaded) override {
    database_.run("BEGIN IMMEDIATE");
    for (const auto& [endpoint, type, count] : loaded.event_counts) {
      database_.execute("INSERT INTO event_counts(endpoint, type, count) VALUES(?1, ?2, ?3)",
                        std::string_view{endpoint}, name(type), count);
    }
    database_.execute("UPDATE meta SET value = ?1 WHERE name = 'last_sequence'",
                      loaded.last_sequence);
    return commit();
  }

 private:
  std::optional<StoreError> commit() {
    if (database_.run("COMMIT")) return std::nullopt;
    return database_.error();
  }
  Database database_;
};

class DatabaseImport final : public Import {
 public:
  DatabaseImport(const PostgresPlace& place, ShardCount shards)
      : connection_(place, "modelvane store copy", kStatementWithin), shards_(shards) {}

  std::optional<StoreError> put(const std::vector<StoredEvent>& events) override {
    Json rows = Json::array();
    for (const auto& event : events)
      rows.push_back({{"sequence", event.sequence},
                      {"id", event.id},
                      {"type", name(event.type)},
                      {"endpoint", postgres_text(event.endpoint)},
                      {"alias", postgres_text(event.alias)},
                      {"time_us", event.time.time_since_epoch().count()},
                      {"json", event.json}});
    return insert(
        "INSERT INTO @events(sequence, id, type, endpoint, alias, time_us, json) SELECT * FROM "
        "jsonb_to_recordset($1::jsonb) AS n(sequence bigint, id text, type text, endpoint text, "
        "alias text, time_us bigint, json text)",
        rows);
  }
  std::optional<StoreError> put(const std::vector<DeliveryRow>& deliveries) override {
    Json rows = Json::array();
    for (const auto& row : deliveries)
      rows.push_back({{"sequence", row.sequence},
                      {"webhook", postgres_text(row.webhook)},
                      {"shard", shard_of_webhook(row.webhook, shards_)},
                      {"state", label(row.state)},
                      {"attempts", row.attempts},
                      {"created_us", row.created.time_since_epoch().count()},
                      {"next_attempt_us", row.next_attempt.time_since_epoch().count()},
                      {"last_error", postgres_text(row.last_error)}});
    return insert(
        "INSERT INTO @deliveries(sequence, webhook, shard, state, attempts, created_us, "
        "next_attempt_us, last_error) SELECT * FROM jsonb_to_recordset($1::jsonb) AS n(sequence "
        "bigint, webhook text, shard int, state text, attempts int, created_us bigint, "
        "next_attempt_us bigint, last_error text)",
        rows);
  }
  std::optional<StoreError> finish(const Loaded& loaded) override {
    Json rows = Json::array();
    for (const auto& [endpoint, type, count] : loaded.event_counts)
      rows.push_back({{"endpoint", postgres_text(endpoint)},
                      {"type", name(type)},
                      {"shard", shard_of_endpoint(endpoint, shards_)},
                      {"count", count}});
    if (auto error = insert("INSERT INTO @event_counts SELECT * FROM jsonb_to_recordset($1::jsonb) "
                            "AS n(endpoint text, type text, shard int, count bigint)",
                            rows))
      return error;
    (void)connection_.query("UPDATE @counter SET last_sequence = $1", loaded.last_sequence);
    if (connection_.ok()) return std::nullopt;
    return connection_.error();
  }

 private:
  std::optional<StoreError> insert(const std::string& sql, const Json& rows) {
    const auto text = rows.dump(-1, ' ', false, Json::error_handler_t::replace);
    (void)connection_.query(sql, std::string_view{text});
    if (connection_.ok()) return std::nullopt;
    return connection_.error();
  }
  PostgresConnection connection_;
  const ShardCount shards_;
};

std::unique_ptr<Import> import_into(const CopyPlace& place, ShardCount shards) {
  if (const auto* folder = std::get_if<std::filesystem::path>(&place))
    return std::make_unique<FolderImport>(*folder);
  return std::make_unique<DatabaseImport>(std::get<PostgresPlace>(place), shards);
}

std::optional<StoreError> copy_events(EventLog& from, Import& to, CopyReport& report) {
  EventFilter filter{.after_sequence = 0, .limit = kPage};
  while (true) {
    const auto page = from.events(filter);
    if (!page) return page.error();
    if (page->empty()) return std::nullopt;
    if (auto error = to.put(*page)) return error;
    report.events += page->size();
    filter.after_sequence = page->back().sequence;
  }
}

std::optional<StoreError> copy_deliveries(EventLog& from, Import& to, CopyReport& report) {
  DeliveryFilter filter{.limit = kPage};
  while (true) {
    const auto page = from.deliveries(filter);
    if (!page) return page.error();
    if (page->empty()) return std::nullopt;
    if (auto error = to.put(*page)) return error;
    report.deliveries += page->size();
    filter.after = DeliveryPlace{page->back().sequence, page->back().webhook};
  }
}

// All of it, and not only what a start needs.
std::optional<StoreError> complete(EventLog& log, EndpointPast& past) {
  const Time end = past.until + kDay;
  for (const auto& [step, kept, spans] :
       {std::tuple{kHour, kHoursKept, &past.hours}, std::tuple{kDay, kDaysKept, &past.days}}) {
    auto found = log.past({.endpoint = past.endpoint,
                           .from = floor_to(past.until - kept, step),
                           .to = end,
                           .step = step});
    if (!found) return found.error();
    *spans = std::move(*found);
  }
  return std::nullopt;
}

Batch known_of(const Loaded& from, const Loaded& to, Time now) {
  Batch batch{.session = to.session, .number = 1, .at = now};
  for (const auto& [name, state] : from.endpoints) batch.states.emplace_back(name, state);
  for (const auto& [endpoint, aliases] : from.pins) {
    for (const auto& [alias, targets] : aliases)
      batch.pins.push_back(
          {.endpoint = endpoint, .alias = alias, .targets = targets, .approved = now});
  }
  batch.webhook_switches = from.webhook_switches;
  batch.past = from.past;
  batch.reached = from.reached;
  return batch;
}

}  // namespace

std::expected<CopyReport, StoreError> copy_store(const CopyPlace& from, const CopyPlace& to,
                                                 Time now) {
  auto source = open(from);
  if (!source) return std::unexpected(source.error());
  for (auto& past : source->loaded.past) {
    if (auto error = complete(*source->log, past)) return std::unexpected(*error);
  }
  auto target = open(to);
  if (!target) return std::unexpected(target.error());
  const auto& found = target->loaded;
  if (found.last_sequence != 0 || !found.endpoints.empty() || !found.past.empty())
    return std::unexpected(
        StoreError{StoreError::Kind::Busy, "the target is not empty: nothing was copied into it"});
  const auto shards = found.shards;
  target->store.reset();  // it remembers the last number; the rows come first

  CopyReport report{.endpoints = source->loaded.endpoints.size()};
  const auto rows = import_into(to, shards);
  if (auto error = copy_events(*source->log, *rows, report)) return std::unexpected(*error);
  if (auto error = copy_deliveries(*source->log, *rows, report)) return std::unexpected(*error);
  if (auto error = rows->finish(source->loaded)) return std::unexpected(*error);

  auto again = open(to);
  if (!again) return std::unexpected(again.error());
  auto done = again->store->commit(known_of(source->loaded, again->loaded, now));
  if (!done) return std::unexpected(done.error());
  return report;
}

}  // namespace modelvane
