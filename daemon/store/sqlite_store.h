// The durable store: one SQLite file, modelvane.db, in the storage folder. WAL and
// synchronous=FULL: a commit that returned success survives a power cut. Opened at the first call,
// not in the constructor; after any error it is closed, and the next call opens it again, so that
// it recovers by itself when the disk does. Nothing that was stored is ever deleted because it
// looks wrong.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/store/commit_trail.h"
#include "daemon/store/store.h"

namespace modelvane {

class Database;
class FolderLock;

// The stated limit: about 2 GB. Beyond it the oldest events go whose deliveries are all finished.
inline constexpr std::size_t kEventsMax = 1'000'000;

// One thread (the store writer's). A second SqliteStore on the same folder, also of another
// process, gets Busy.
class SqliteStore final : public Store {
 public:
  explicit SqliteStore(std::filesystem::path folder, std::size_t events_max = kEventsMax);
  ~SqliteStore() override;

  // Takes the folder and opens the database, or says why not. load() does it, too: this is for a
  // start that should fail at once.
  std::expected<void, StoreError> open();
  // An event whose row is damaged is not delivered: its deliveries become dead letters with that
  // reason. A damaged endpoint state is an error, because a changed alias might hide behind it.
  std::expected<Loaded, StoreError> load() override;
  // The same batch again (after an error that left it open whether it became durable) is no error
  // and counts once.
  std::expected<CommitReport, StoreError> commit(const Batch& batch) override;
  std::expected<StoreNews, StoreError> look() override;

 private:
  std::expected<void, StoreError> check_before_open() const;
  StoreError close_after_error();

  void load_endpoints(Loaded& loaded);
  void load_pending(Loaded& loaded);
  void load_counts(Loaded& loaded);
  void load_reached(Loaded& loaded);
  void bury(const std::vector<std::pair<std::uint64_t, std::string>>& unreadable);

  void put_states(const Batch& batch);
  void put_event(const NewEvent& event, Time at);
  std::optional<StoredEvent> find_same(const StoredEvent& event);
  void put_deliveries(const Batch& batch);
  void note_log();
  void tidy();
  void forget_slice();
  void keep_to_limit();
  void choose_to_forget(const std::string& which, std::int64_t value, std::int64_t limit);
  std::int64_t delete_chosen();

  const std::filesystem::path folder_;
  const std::size_t events_max_;
  std::unique_ptr<FolderLock> lock_;  // kept over errors: the folder stays ours
  std::unique_ptr<Database> database_;
  bool was_open_ = false;        // from then on a missing file is an accident and not a beginning
  std::int64_t event_rows_ = 0;  // in the table; counted when it is opened
  std::int64_t last_sequence_ = 0;
  std::optional<std::int64_t>
      data_version_;  // of the last look for requests; another one = another process wrote
  std::uint64_t last_request_ = 0;     // handed out
  std::optional<Time> forget_before_;  // until everything older is deleted, slice by slice
  CommitTrail trail_;
  CommitReport report_;   // of the transaction under way
  CommitReport carried_;  // of slices that were deleted since the last commit
};

// Reads a store, also while a daemon writes it or none runs. Any thread; queries take turns. Never
// creates the database.
class SqliteEventLog final : public EventLog {
 public:
  explicit SqliteEventLog(std::filesystem::path folder);
  ~SqliteEventLog() override;

  // Without a database there are no events: a daemon whose disk is not there yet has an empty
  // history.
  std::expected<std::vector<StoredEvent>, StoreError> events(const EventFilter& filter) override;
  std::expected<std::vector<DeliveryRow>, StoreError> deliveries(
      const DeliveryFilter& filter) override;
  std::expected<std::vector<PastSpan>, StoreError> past(const PastFilter& filter) override;
  // By name.
  std::expected<std::vector<std::pair<std::string, EndpointState>>, StoreError> endpoint_states();
  // By endpoint.
  std::expected<std::map<std::string, ApprovedTargets>, StoreError> approved_pins();
  bool has_database() const;

 private:
  // nullptr: nothing is stored yet.
  std::expected<Database*, StoreError> open();
  // What `read` makes of the database; an empty list without one, the error when there was any.
  template <typename Read>
  auto ask(Read read) -> std::expected<std::invoke_result_t<Read, Database&>, StoreError>;

  const std::filesystem::path folder_;
  std::mutex mutex_;  // guards database_
  std::unique_ptr<Database> database_;
};

// Name and state of each endpoint, marks applied. Fails `database` when a row is damaged.
std::vector<std::pair<std::string, EndpointState>> read_states(Database& database);

std::filesystem::path database_file(const std::filesystem::path& folder);

}  // namespace modelvane
