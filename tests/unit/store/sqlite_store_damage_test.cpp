// What a damaged, foreign or newer file leads to: a clear sentence, no guess, and no byte of it
// changed.
#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;

namespace {

// A closed store with so many events, each with a pending delivery, and one endpoint.
void fill(const TempFolder& folder, std::uint64_t events) {
  SqliteStore store{folder.storage()};
  Batch batch;
  batch.states.emplace_back("internlm",
                            EndpointState{.has_baseline = true, .ids = {"internlm3-latest"}});
  for (std::uint64_t i = 1; i <= events; ++i) {
    batch.events.push_back(fresh(event(i)));
    batch.deliveries.push_back(delivery(i));
  }
  commit(store, batch);
}

StoreError refused(const TempFolder& folder) {
  SqliteStore store{folder.storage()};
  auto loaded = store.load();
  REQUIRE_FALSE(loaded.has_value());
  return loaded.error();
}

bool says(const StoreError& error, std::string_view words) {
  return error.sentence.find(words) != std::string::npos;
}

// Changes one byte of the first place that has `text`.
void flip(const std::filesystem::path& file, const std::string& text) {
  auto bytes = read_file(file);
  const auto at = bytes.find(text);
  REQUIRE(at != std::string::npos);
  bytes[at + text.size() - 1] ^= 1;
  write_file(file, bytes);
}

}  // namespace

TEST_CASE("a file that is no database is refused and left as it is") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.storage());
  const std::string garbage(9000, 'g');
  write_file(folder.database(), garbage);
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Damaged);
  CHECK(says(error, folder.database().string()));
  CHECK(says(error, "move the file away to begin anew (what is lost then: the history"));
  CHECK(read_file(folder.database()) == garbage);
  CHECK(SqliteEventLog{folder.storage()}.events({}).error().kind == StoreError::Kind::Damaged);
}

TEST_CASE("another program's database is not taken over") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.storage());
  run_sql(folder.database(), "CREATE TABLE songs(title TEXT)");
  const auto before = read_file(folder.database());
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Damaged);
  CHECK(says(error, "is a database of another program"));
  CHECK(read_file(folder.database()) == before);
}

TEST_CASE("a database of a newer modelvane is not touched") {
  const TempFolder folder;
  fill(folder, 1);
  run_sql(folder.database(), "PRAGMA user_version = 7");
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Newer);
  CHECK(says(error,
             "was written by a newer modelvane (schema 7, this one knows 3); start that version or "
             "point --storage.path elsewhere"));
  CHECK(SqliteEventLog{folder.storage()}.events({}).error().kind == StoreError::Kind::Newer);
}

TEST_CASE("an empty file is a new database only where none was before") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.storage());
  write_file(folder.database(), "");
  fill(folder, 1);
  write_file(folder.database(), "");
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Damaged);
  CHECK(says(error, "is empty, but it was not when modelvane last used it"));
  CHECK(std::filesystem::file_size(folder.database()) == 0);

  // Who moves it away wants to begin anew.
  std::filesystem::remove(folder.database());
  SqliteStore store{folder.storage()};
  CHECK(load(store).last_sequence == 0);
}

TEST_CASE("a log without its database is not thrown away") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.storage());
  const auto log = folder.database().string() + "-wal";
  write_file(log, "frames");
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Damaged);
  CHECK(says(error, "is missing, but its log"));
  CHECK(read_file(log) == "frames");
}

TEST_CASE("a file that was cut is found at the start") {
  const TempFolder folder;
  fill(folder, 300);
  std::filesystem::resize_file(folder.database(),
                               std::filesystem::file_size(folder.database()) / 2);
  CHECK(refused(folder).kind == StoreError::Kind::Damaged);
}

TEST_CASE("an overwritten page in the middle is found at the start") {
  const TempFolder folder;
  fill(folder, 300);
  auto bytes = read_file(folder.database());
  const std::size_t middle = bytes.size() / 2 / 4096 * 4096;
  for (std::size_t i = middle; i < middle + 4096; ++i) bytes[i] = '\x5A';
  write_file(folder.database(), bytes);
  CHECK(refused(folder).kind == StoreError::Kind::Damaged);
}

TEST_CASE("an event with a flipped byte becomes a dead letter and holds up no other") {
  const TempFolder folder;
  fill(folder, 3);
  flip(folder.database(), R"("data":{"number":2)");
  SqliteStore store{folder.storage()};
  const Loaded loaded = load(store);
  REQUIRE(loaded.pending.size() == 2);
  CHECK(loaded.pending[0].event->sequence == 1);
  CHECK(loaded.pending[1].event->sequence == 3);
  CHECK(loaded.dead_letters.at("oncall") == 1);

  SqliteEventLog log{folder.storage()};
  const auto events = log.events({});
  REQUIRE_FALSE(events.has_value());
  CHECK(events.error().kind == StoreError::Kind::Damaged);
  CHECK(says(events.error(), "event 2 in"));
  EventFilter around;
  around.after_sequence = 2;
  CHECK(log.events(around)->size() == 1);
  // The remedy of the sentence.
  run_sql(folder.database(), "DELETE FROM events WHERE sequence = 2");
  CHECK(log.events({})->size() == 2);
  CHECK(load(store).pending.size() == 2);
}

TEST_CASE("a flipped byte in any column of an event is noticed") {
  for (const auto* change : {"id = 'evt_x'", "type = 'alias.settled'", "endpoint = 'x'",
                             "alias = 'x'", "time_us = time_us + 1", "json = json || ' '"}) {
    CAPTURE(change);
    const TempFolder folder;
    fill(folder, 1);
    run_sql(folder.database(), fmt::format("UPDATE events SET {}", change));
    SqliteStore store{folder.storage()};
    CHECK(load(store).pending.empty());
  }
}

TEST_CASE("a damaged endpoint state is an error: a change might hide behind it") {
  const TempFolder folder;
  fill(folder, 1);
  flip(folder.database(), "internlm3-latest\"]");
  const auto error = refused(folder);
  CHECK(error.kind == StoreError::Kind::Damaged);
  CHECK(says(error, "what is known about endpoint \"internlm\" is damaged"));
  run_sql(folder.database(), "DELETE FROM endpoints WHERE name = 'internlm'");
  SqliteStore store{folder.storage()};
  CHECK(load(store).pending.size() == 1);
}

TEST_CASE("a database that is moved away under the daemon is not silently begun anew") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  commit(store, batch_of({event(1)}));
  const auto aside = folder.path() / "aside.db";
  std::filesystem::rename(folder.database(), aside);
  const auto committed = store.commit(batch_of({event(2)}));
  REQUIRE_FALSE(committed.has_value());
  CHECK(says(committed.error(), "has gone while modelvane ran"));
  CHECK_FALSE(std::filesystem::exists(folder.database()));
  std::filesystem::rename(aside, folder.database());
  commit(store, batch_of({event(2)}));
  CHECK(all_events(folder.storage()).size() == 2);
}

TEST_CASE("a backup beside the log of another life is refused, and taken once the log is away") {
  const TempFolder folder;
  const auto backup = folder.path() / "backup.db";
  const auto log = folder.storage() / "modelvane.db-wal";
  std::filesystem::path crashed = folder.path() / "crashed";
  {
    SqliteStore store{folder.storage()};
    load(store);
    commit(store, batch_of({event(1)}));
    run_sql(folder.database(), "VACUUM INTO '" + backup.string() + "'");
    commit(store, batch_of({event(2)}));
    run_sql(folder.database(), "PRAGMA wal_checkpoint(TRUNCATE)");
    commit(store, batch_of({event(3)}));
    std::filesystem::copy(folder.storage(), crashed);  // as kill -9 leaves it
  }
  std::filesystem::remove_all(folder.storage());
  std::filesystem::copy(crashed, folder.storage());
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::filesystem::copy_file(backup, folder.database(),
                               std::filesystem::copy_options::overwrite_existing);
    SqliteStore store{folder.storage()};
    const auto loaded = store.load();
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().sentence.find("modelvane.db-wal") != std::string::npos);
  }
  std::filesystem::remove(log);
  SqliteStore store{folder.storage()};
  CHECK(load(store).last_sequence == 1);
}

TEST_CASE("a log that lost its newest commits is said, not taken for the truth") {
  const TempFolder folder;
  const std::filesystem::path crashed = folder.path() / "crashed";
  const auto log = folder.storage() / "modelvane.db-wal";
  {
    SqliteStore store{folder.storage()};
    load(store);
    for (std::uint64_t number = 1; number <= 5; ++number) commit(store, batch_of({event(number)}));
    std::filesystem::copy(folder.storage(), crashed);
  }
  std::filesystem::remove_all(folder.storage());
  std::filesystem::copy(crashed, folder.storage());
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 100);
  SqliteStore store{folder.storage()};
  const auto loaded = store.load();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().sentence.find("newest commits are missing") != std::string::npos);
}
