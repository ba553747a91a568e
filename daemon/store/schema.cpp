#include "daemon/store/schema.h"

#include <fmt/format.h>

#include <array>

namespace modelvane {
namespace {

// Entry n brings a file of version n to n + 1. Never changed once released: files of every version
// are out there.
constexpr std::array kMigrations{R"(
  -- last_sequence lives here and not in events: retention deletes rows, but a number must never
  -- be given twice.
  CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES('last_sequence', 0);

  -- The json stands last: what is read before it needs no overflow page.
  CREATE TABLE events(
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    alias TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    json TEXT NOT NULL) STRICT;
  CREATE INDEX events_by_subject ON events(endpoint, alias, sequence);
  CREATE INDEX events_by_time ON events(time_us);

  CREATE TABLE deliveries(
    sequence INTEGER NOT NULL REFERENCES events(sequence),
    webhook TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'delivered', 'dead')),
    attempts INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    next_attempt_us INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    PRIMARY KEY(sequence, webhook)) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_pending ON deliveries(sequence) WHERE state = 'pending';
  CREATE INDEX deliveries_dead ON deliveries(webhook) WHERE state = 'dead';

  CREATE TABLE endpoints(
    name TEXT PRIMARY KEY, checksum INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
  -- Apart from endpoints: an update of a row writes the whole row, and states have up to hundreds
  -- of kilobytes.
  CREATE TABLE good_marks(
    endpoint TEXT PRIMARY KEY, time_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE event_counts(endpoint TEXT NOT NULL, type TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(endpoint, type)) STRICT, WITHOUT ROWID;
)",
                                 R"(
  CREATE TABLE pins(
    endpoint TEXT NOT NULL,
    alias TEXT NOT NULL,
    target TEXT NOT NULL,
    approved_us INTEGER NOT NULL,
    PRIMARY KEY(endpoint, alias, target)) STRICT, WITHOUT ROWID;

  -- Only webhooks that are switched off. The address is a hash of the URL: another one switches
  -- the webhook on again.
  CREATE TABLE webhook_states(
    webhook TEXT PRIMARY KEY,
    disabled_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    address INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- Numbers are never given twice: the daemon remembers up to which one it has read.
  CREATE TABLE requests(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made_us INTEGER NOT NULL,
    done_us INTEGER,
    result TEXT) STRICT;
  CREATE INDEX requests_open ON requests(id) WHERE done_us IS NULL;
)",
                                 R"(
  CREATE TABLE endpoint_seconds(
    endpoint TEXT PRIMARY KEY,
    up_us INTEGER NOT NULL,
    down_us INTEGER NOT NULL,
    unknown_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- Figures of hours and days. What is written and what is deleted together stands together; the
  -- past of one endpoint is read hour by hour.
  CREATE TABLE past(
    step_us INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    up_us INTEGER NOT NULL,
    down_us INTEGER NOT NULL,
    unknown_us INTEGER NOT NULL,
    longest_us INTEGER NOT NULL,
    durations TEXT NOT NULL,
    failures TEXT NOT NULL,
    PRIMARY KEY(step_us, from_us, endpoint)) STRICT, WITHOUT ROWID;
)"};

}  // namespace

std::int64_t schema_version() {
  return static_cast<std::int64_t>(kMigrations.size());
}

std::int64_t identify(Database& database) {
  const auto application = database.number("PRAGMA application_id");
  const auto version = database.number("PRAGMA user_version");
  const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!database.ok()) return 0;
  const bool is_empty = application == 0 && version == 0 && tables == 0;
  const auto file = database.file().string();
  if (!is_empty && application != kApplicationId) {
    database.fail(StoreError::Kind::Damaged,
                  fmt::format("{} is a database of another program; it is left as it is: move it "
                              "away or point --storage.path elsewhere",
                              file));
  } else if (version > schema_version()) {
    database.fail(StoreError::Kind::Newer,
                  fmt::format("{} was written by a newer modelvane (schema {}, this one knows {}); "
                              "start that version "
                              "or point --storage.path elsewhere",
                              file, version, schema_version()));
  } else if (!is_empty && version < 1) {
    database.fail(StoreError::Kind::Damaged,
                  fmt::format("{} has no valid schema version ({}); put a backup in its place, or "
                              "move it away to begin anew",
                              file, version));
  }
  return version;
}

void migrate(Database& database, std::int64_t version) {
  database.run("BEGIN IMMEDIATE");
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step)
    database.run(kMigrations[step]);
  database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                           kApplicationId, schema_version()));
}

}  // namespace modelvane
