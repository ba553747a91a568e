#include "daemon/store/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "daemon/store/checksum.h"
#include "daemon/store/folder_lock.h"
#include "daemon/store/kept_instance.h"
#include "daemon/store/past_table.h"
#include "daemon/store/request_table.h"
#include "daemon/store/schema.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/state_json.h"
#include "daemon/store/stored_event.h"

namespace modelvane {
namespace {

// The log is cut back to this after a burst (a reader that held it open, a large retention run).
constexpr std::int64_t kJournalBytesMax = 64LL * 1024 * 1024;

// Old events are deleted so many at a time: a tenth of a second in which a change waits, not the
// minute that a million takes.
constexpr std::int64_t kSliceMax = 2'000;

// SQLite gives its log and the other files the mode of the database, and that one what the umask
// leaves: they tell which services an organisation depends on, so they are the owner's.
bool make_for_owner(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
  return made >= 0;
}

std::uintmax_t size_or_zero(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

void set_up(Database& database) {
  {
    Rows mode = database.query("PRAGMA journal_mode = WAL");
    if (mode.next() && mode.text(0) != "wal") {
      database.fail(
          StoreError::Kind::Unavailable,
          fmt::format("{}: the file system does not allow write-ahead logging (no shared memory); "
                      "put the storage folder on a local disk",
                      database.file().string()));
    }
  }
  database.run(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA "
      "cell_size_check = ON");
  database.number(fmt::format("PRAGMA journal_size_limit = {}", kJournalBytesMax));
}

}  // namespace

std::filesystem::path database_file(const std::filesystem::path& folder) {
  return folder / "modelvane.db";
}

std::vector<std::pair<std::string, EndpointState>> read_states(Database& database) {
  std::vector<std::pair<std::string, EndpointState>> states;
  Rows rows = database.query(
      "SELECT name, checksum, state, time_us FROM endpoints LEFT JOIN good_marks ON endpoint = "
      "name ORDER BY name");
  while (rows.next()) {
    auto name = rows.text(0);
    const auto json = rows.text(2);
    const bool fits = rows.integer(1) == std::int64_t{crc32c(json, crc32c(name))};
    auto state =
        fits ? parse_state(json) : std::unexpected(std::string{"its checksum does not fit"});
    if (!state) {
      database.fail(StoreError::Kind::Damaged,
                    fmt::format("{}: what is known about endpoint \"{}\" is damaged ({}); put a "
                                "backup in its place, or, to take what "
                                "the next poll shows as the new baseline: sqlite3 {} \"DELETE FROM "
                                "endpoints WHERE name = '{}'\"",
                                database.file().string(), name, state.error(),
                                database.file().string(), name));
      return {};
    }
    // NULL reads as 0, the year 1970: before every real poll.
    if (const Time mark = rows.time(3); mark != Time{}) apply_good_mark(*state, mark);
    states.emplace_back(std::move(name), std::move(*state));
  }
  return states;
}

SqliteStore::SqliteStore(std::filesystem::path folder, std::size_t events_max)
    : folder_(std::move(folder)), events_max_(events_max) {}

// SQLite does this for the last connection only, and readers may outlive this one; but who stops
// the daemon to copy its database takes the one file.
SqliteStore::~SqliteStore() {
  if (database_ && database_->ok()) database_->run("PRAGMA wal_checkpoint(TRUNCATE)");
}

// ---- opening
// -------------------------------------------------------------------------------------------------

// SQLite takes a file without content for a new database, and deletes the log beside it. What a
// damaged file system left behind must not pass for that.
std::expected<void, StoreError> SqliteStore::check_before_open() const {
  const auto file = database_file(folder_);
  std::error_code error;
  const bool is_missing = !std::filesystem::exists(file, error);
  if (error) return {};
  if (size_or_zero(file) > 0) {
    if (was_open_) return {};
    if (auto problem = check_log(file, lock_->commits()))
      return std::unexpected(std::move(*problem));
    return {};
  }
  const auto log = file.string() + "-wal";
  if (was_open_) {
    return std::unexpected(StoreError{
        StoreError::Kind::Unavailable,
        fmt::format(
            "{} has gone while modelvane ran; put it back, or restart modelvane to begin anew",
            file.string())});
  }
  if (size_or_zero(log) > 0) {
    return std::unexpected(
        StoreError{StoreError::Kind::Damaged,
                   fmt::format("{} is {}, but its log {} is not; put a backup in its place, or "
                               "move the log away to begin anew "
                               "(history, waiting deliveries and known targets are lost then)",
                               file.string(), is_missing ? "missing" : "empty", log)});
  }
  if (!is_missing && lock_->had_database()) {
    return std::unexpected(StoreError{
        StoreError::Kind::Damaged,
        fmt::format(
            "{} is empty, but it was not when modelvane last used it; put a backup in its place, "
            "or move it "
            "away to begin anew (history, waiting deliveries and known targets are lost then)",
            file.string())});
  }
  return {};
}

std::expected<void, StoreError> SqliteStore::open() {
  if (!lock_) {
    auto lock = FolderLock::take(folder_);
    if (!lock) return std::unexpected(std::move(lock.error()));
    lock_ = std::make_unique<FolderLock>(std::move(*lock));
  }
  if (database_ && !database_->is_still_there()) database_.reset();
  if (database_) return {};
  data_version_.reset();
  if (auto checked = check_before_open(); !checked) return checked;
  const bool is_made = !was_open_ && make_for_owner(database_file(folder_));
  database_ = std::make_unique<Database>(
      database_file(folder_), was_open_ ? Database::Access::Write : Database::Access::Create);
  const auto version = identify(*database_);
  if (database_->ok()) set_up(*database_);
  if (database_->ok() && version < schema_version()) migrate(*database_, version);
  last_sequence_ = database_->number("SELECT value FROM meta WHERE name = 'last_sequence'");
  event_rows_ = database_->number("SELECT count(*) FROM events");
  trail_ = read_trail(*database_);
  if (!database_->ok()) {
    auto error = close_after_error();
    // At the next try an empty file would pass for one that lost everything.
    if (is_made && size_or_zero(database_file(folder_)) == 0)
      ::unlink(database_file(folder_).c_str());
    return std::unexpected(std::move(error));
  }
  lock_->note_database();
  lock_->note_commits(trail_.commits);
  was_open_ = true;
  return {};
}

StoreError SqliteStore::close_after_error() {
  StoreError error = database_->error();
  database_->leave_log_alone();
  database_.reset();  // rolls back what was begun
  data_version_.reset();
  return error;
}

// ---- loading
// -------------------------------------------------------------------------------------------------

std::expected<Loaded, StoreError> SqliteStore::load() {
  if (auto opened = open(); !opened) return std::unexpected(std::move(opened.error()));
  {
    Rows check = database_->query("PRAGMA quick_check(1)");
    if (check.next() && check.text(0) != "ok") {
      const auto file = database_->file().string();
      database_->fail(StoreError::Kind::Damaged,
                      fmt::format("the database {} is damaged ({}); stop modelvane and put a "
                                  "backup in its place, or move the file away to begin "
                                  "anew (history, waiting deliveries and known targets are lost "
                                  "then); try `sqlite3 {} .recover` for the rest",
                                  file, check.text(0), file));
    }
  }
  Loaded loaded{.session = 1};
  load_endpoints(loaded);
  load_pending(loaded);
  load_counts(loaded);
  loaded.pins = read_pins(*database_);
  loaded.webhook_switches = read_webhook_states(*database_);
  loaded.past = read_last_past(*database_);
  loaded.failing_webhooks = read_failing_webhooks(*database_);
  loaded.last_sequence = static_cast<std::uint64_t>(last_sequence_);
  load_reached(loaded);
  loaded.instance = kept_instance(*database_);
  if (!database_->ok()) return std::unexpected(close_after_error());
  return loaded;
}

void SqliteStore::load_endpoints(Loaded& loaded) {
  for (auto& [name, state] : read_states(*database_))
    loaded.endpoints.emplace(name, std::move(state));
}

void SqliteStore::load_pending(Loaded& loaded) {
  static const std::string kSql = fmt::format(
      "SELECT d.sequence, d.webhook, d.attempts, d.created_us, d.next_attempt_us, d.last_error, {} "
      "FROM deliveries AS d LEFT JOIN events AS e ON e.sequence = d.sequence WHERE d.state = "
      "'pending' ORDER BY d.sequence, "
      "d.webhook",
      kEventColumns);
  constexpr int kDeliveryColumns = 6;
  std::vector<std::pair<std::uint64_t, std::string>> unreadable;
  {
    Rows rows = database_->query(kSql);
    while (rows.next()) {
      Delivery delivery;
      delivery.sequence = static_cast<std::uint64_t>(rows.integer(0));
      delivery.webhook = rows.text(1);
      delivery.attempts = static_cast<int>(rows.integer(2));
      delivery.created = rows.time(3);
      delivery.next_attempt = rows.time(4);
      delivery.last_error = rows.text(5);
      if (auto event = read_event(rows, kDeliveryColumns)) {
        loaded.pending.push_back(
            {std::move(delivery), std::make_shared<const StoredEvent>(std::move(*event))});
      } else if (database_->ok()) {
        unreadable.emplace_back(delivery.sequence, std::move(delivery.webhook));
      }
    }
  }
  bury(unreadable);
}

// A store that never noted its time has that of its newest event.
void SqliteStore::load_reached(Loaded& loaded) {
  Rows rows = database_->query(
      "SELECT value FROM meta WHERE name = 'reached_us' UNION ALL "
      "SELECT * FROM (SELECT time_us FROM events ORDER BY sequence DESC LIMIT 1)");
  if (rows.next()) loaded.reached = rows.time(0);
}

// A damaged event must not be sent, and must not hold up the others either.
void SqliteStore::bury(const std::vector<std::pair<std::uint64_t, std::string>>& unreadable) {
  if (unreadable.empty() || !database_->run("BEGIN IMMEDIATE")) return;
  for (const auto& [sequence, webhook] : unreadable) {
    const auto reason = fmt::format(
        "event {} is missing or damaged in {} (its checksum does not fit); it was not sent",
        sequence, database_->file().string());
    database_->execute(
        "UPDATE deliveries SET state = 'dead', last_error = ?3 WHERE sequence = ?1 AND webhook = "
        "?2",
        sequence, std::string_view{webhook}, std::string_view{reason});
  }
  database_->run("COMMIT");
}

void SqliteStore::load_counts(Loaded& loaded) {
  {
    Rows rows =
        database_->query("SELECT endpoint, type, count FROM event_counts ORDER BY endpoint, type");
    while (rows.next()) {
      const auto type = kEventTypes.parse(rows.text(1));
      if (type)
        loaded.event_counts.push_back(
            {rows.text(0), *type, static_cast<std::uint64_t>(rows.integer(2))});
    }
  }
  Rows rows = database_->query(
      "SELECT webhook, count(*) FROM deliveries WHERE state = 'dead' GROUP BY webhook");
  while (rows.next())
    loaded.dead_letters[rows.text(0)] = static_cast<std::uint64_t>(rows.integer(1));
}

// ---- committing
// -------------------------------------------------------------------------------------------------

std::expected<CommitReport, StoreError> SqliteStore::commit(const Batch& batch) {
  if (auto opened = open(); !opened) return std::unexpected(std::move(opened.error()));
  report_ = {};
  database_->run("BEGIN IMMEDIATE");
  put_states(batch);
  for (const auto& event : batch.events) put_event(event, batch.at);
  put_requests_effects(*database_, batch);
  put_deliveries(batch);
  put_past(*database_, batch);
  if (batch.forget_before) {
    forget_before_ = batch.forget_before;
    database_->execute("DELETE FROM requests WHERE done_us < ?1", *forget_before_);
    forget_slice();
  }
  if (batch.reached) {
    database_->execute(
        "INSERT INTO meta(name, value) VALUES('reached_us', ?1) "
        "ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        *batch.reached);
  }
  keep_to_limit();
  database_->execute("UPDATE meta SET value = ?1 WHERE name = 'last_sequence'", last_sequence_);
  ++trail_.commits;
  write_trail(*database_, trail_);
  // From here on everything in the batch is durable.
  database_->run("COMMIT");
  if (!database_->ok()) return std::unexpected(close_after_error());
  note_log();
  for (const auto& [webhook, count] : std::exchange(carried_, {}).forgotten_dead)
    report_.forgotten_dead[webhook] += count;
  report_.last_sequence = static_cast<std::uint64_t>(last_sequence_);
  return std::exchange(report_, {});
}

// The commit that was just made may have begun another log: only now is that seen. Happens once in
// a thousand pages.
void SqliteStore::note_log() {
  lock_->note_commits(trail_.commits);
  const auto salt = salt_of_log(database_->file());
  if (!salt || *salt == trail_.salt) return;
  trail_.base = trail_.commits - 1;
  trail_.salt = *salt;
  database_->run("BEGIN IMMEDIATE");
  write_trail(*database_, trail_);
  // The batch is durable whatever happens here.
  if (!database_->run("COMMIT")) (void)close_after_error();
}

// Between two batches: one more slice of what is to go.
void SqliteStore::tidy() {
  const bool is_over = event_rows_ > static_cast<std::int64_t>(events_max_);
  if (!forget_before_ && !is_over) return;
  report_ = {};
  database_->run("BEGIN IMMEDIATE");
  if (forget_before_) forget_slice();
  keep_to_limit();
  if (!database_->run("COMMIT")) return;
  for (const auto& [webhook, count] : std::exchange(report_, {}).forgotten_dead)
    carried_.forgotten_dead[webhook] += count;
}

std::expected<StoreNews, StoreError> SqliteStore::look() {
  if (auto opened = open(); !opened) return std::unexpected(std::move(opened.error()));
  tidy();
  const auto version = database_->number("PRAGMA data_version");
  if (database_->ok() && version == data_version_) return StoreNews{};
  auto tasks = read_requests(*database_, last_request_);
  if (!database_->ok()) return std::unexpected(close_after_error());
  data_version_ = version;
  if (!tasks.empty()) last_request_ = tasks.back().request.id;
  StoreNews news;
  news.requests = std::move(tasks);
  return news;
}

void SqliteStore::put_states(const Batch& batch) {
  for (const auto& [name, state] : batch.states) {
    const auto json = to_json(state);
    const std::int64_t checksum = crc32c(json, crc32c(name));
    database_->execute(
        "INSERT INTO endpoints(name, checksum, state) VALUES(?1, ?2, ?3) "
        "ON CONFLICT(name) DO UPDATE SET checksum = excluded.checksum, state = excluded.state",
        std::string_view{name}, checksum, std::string_view{json});
    // An older mark must not touch the new state.
    database_->execute("DELETE FROM good_marks WHERE endpoint = ?1", std::string_view{name});
  }
  for (const auto& [name, mark] : batch.good_marks) {
    database_->execute(
        "INSERT INTO good_marks(endpoint, time_us) VALUES(?1, ?2) "
        "ON CONFLICT(endpoint) DO UPDATE SET time_us = excluded.time_us",
        std::string_view{name}, mark);
  }
}

void SqliteStore::put_event(const NewEvent& fresh, Time at) {
  if (!database_->ok()) return;
  auto event = numbered(fresh.event, static_cast<std::uint64_t>(last_sequence_) + 1);
  database_->execute(
      "INSERT INTO events(sequence, id, type, endpoint, alias, time_us, checksum, json) VALUES(?1, "
      "?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO NOTHING",
      event.sequence, std::string_view{event.id}, name(event.type),
      std::string_view{event.endpoint}, std::string_view{event.alias}, event.time,
      std::int64_t{checksum_of(event)}, std::string_view{event.json});
  if (database_->ok() && database_->changed_rows() == 0) {
    auto stored = find_same(fresh.event);
    if (!stored) return;
    event = std::move(*stored);
  } else {
    database_->execute(
        "INSERT INTO event_counts(endpoint, type, count) VALUES(?1, ?2, 1) "
        "ON CONFLICT(endpoint, type) DO UPDATE SET count = count + 1",
        std::string_view{event.endpoint}, name(event.type));
    ++last_sequence_;
    ++event_rows_;
  }
  const auto shared = std::make_shared<const StoredEvent>(std::move(event));
  for (const auto& webhook : fresh.webhooks) {
    auto delivery = new_delivery(shared->sequence, webhook, at);
    database_->execute(
        "INSERT INTO deliveries(sequence, webhook, state, attempts, created_us, next_attempt_us, "
        "last_error) VALUES(?1, ?2, 'pending', 0, ?3, ?3, '') ON CONFLICT DO NOTHING",
        delivery.sequence, std::string_view{delivery.webhook}, delivery.created);
    report_.deliveries.push_back({std::move(delivery), shared});
  }
}

// The answer to a commit can be an error although the batch became durable; the writer then submits
// it again.
std::optional<StoredEvent> SqliteStore::find_same(const StoredEvent& event) {
  std::optional<StoredEvent> stored;
  {
    Rows rows =
        database_->query(fmt::format("SELECT {} FROM events AS e WHERE e.id = ?1", kEventColumns),
                         std::string_view{event.id});
    if (rows.next()) stored = read_event(rows);
  }
  if (!database_->ok()) return std::nullopt;
  if (stored && stored->json == numbered(event, stored->sequence).json) return stored;
  database_->fail(StoreError::Kind::Unavailable,
                  fmt::format("{}: the id {} was already given to another event; nothing was "
                              "written, please report this as a bug",
                              database_->file().string(), event.id));
  return std::nullopt;
}

void SqliteStore::put_deliveries(const Batch& batch) {
  for (const auto& delivery : batch.deliveries) {
    database_->execute(
        "INSERT INTO deliveries(sequence, webhook, state, attempts, created_us, next_attempt_us, "
        "last_error) VALUES(?1, ?2, ?3, "
        "?4, ?5, ?6, ?7) "
        "ON CONFLICT(sequence, webhook) DO UPDATE SET state = excluded.state, attempts = "
        "excluded.attempts, "
        "created_us = excluded.created_us, next_attempt_us = excluded.next_attempt_us, last_error "
        "= excluded.last_error",
        delivery.sequence, std::string_view{delivery.webhook}, label(delivery.state),
        std::int64_t{delivery.attempts}, delivery.created, delivery.next_attempt,
        std::string_view{delivery.last_error});
  }
}

void SqliteStore::forget_slice() {
  choose_to_forget("time_us < ?1", forget_before_->time_since_epoch().count(), kSliceMax);
  if (delete_chosen() < kSliceMax) forget_before_.reset();
}

void SqliteStore::keep_to_limit() {
  const auto excess = event_rows_ - static_cast<std::int64_t>(events_max_);
  if (excess <= 0) return;
  choose_to_forget("sequence > ?1 ORDER BY sequence", 0, std::min(excess, kSliceMax));
  delete_chosen();
}

// Never an event that somebody still has to be told.
void SqliteStore::choose_to_forget(const std::string& which, std::int64_t value,
                                   std::int64_t limit) {
  database_->run(
      "CREATE TEMP TABLE IF NOT EXISTS forgotten(sequence INTEGER PRIMARY KEY); DELETE FROM "
      "forgotten");
  database_->execute(
      "INSERT INTO forgotten SELECT sequence FROM events WHERE sequence NOT IN "
      "(SELECT sequence FROM deliveries WHERE state = 'pending') AND " +
          which + " LIMIT ?2",
      value, limit);
}

// How many events went.
std::int64_t SqliteStore::delete_chosen() {
  {
    Rows rows = database_->query(
        "SELECT webhook, count(*) FROM deliveries WHERE state = 'dead' AND sequence IN forgotten "
        "GROUP BY webhook");
    while (rows.next())
      report_.forgotten_dead[rows.text(0)] += static_cast<std::uint64_t>(rows.integer(1));
  }
  database_->execute("DELETE FROM deliveries WHERE sequence IN forgotten");
  database_->execute("DELETE FROM events WHERE sequence IN forgotten");
  if (!database_->ok()) return 0;
  const auto deleted = database_->changed_rows();
  event_rows_ -= deleted;
  return deleted;
}

}  // namespace modelvane
