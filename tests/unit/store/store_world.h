// What the store's tests are made of: a folder of their own, rows to put into it, a child process
// to fail in.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/events/event_json.h"
#include "daemon/store/sqlite_store.h"
#include "tests/store_contract.h"

namespace modelvane::test {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "modelvane-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path storage() const { return path_ / "data"; }
  std::filesystem::path database() const { return database_file(storage()); }

 private:
  std::filesystem::path path_;
};

inline StoredEvent event(std::uint64_t sequence, EventType type = EventType::AliasMoved,
                         const std::string& endpoint = "internlm",
                         const std::string& alias = "internlm3-latest") {
  StoredEvent stored;
  stored.sequence = sequence;
  stored.id = fmt::format("evt_{:032x}", sequence);
  stored.type = type;
  stored.endpoint = endpoint;
  stored.alias = alias;
  stored.time = kStart + std::chrono::minutes{sequence};
  stored.json = fmt::format(R"({{"id":"{}","sequence":"{:020}","data":{{"number":{}}}}})",
                            stored.id, sequence, sequence);
  return stored;
}

// What is known of an alias that points to `target`.
inline Confirming<Sighting> shows(const std::string& target) {
  return {.known = {AliasStatus::Resolved, target}, .pending = std::nullopt};
}

inline Delivery delivery(std::uint64_t sequence, const std::string& webhook = "oncall",
                         DeliveryState state = DeliveryState::Pending) {
  Delivery row;
  row.sequence = sequence;
  row.webhook = webhook;
  row.state = state;
  row.created = row.next_attempt = kStart + std::chrono::minutes{sequence};
  return row;
}

inline bool is_equal(const StoredEvent& a, const StoredEvent& b) {
  return a.sequence == b.sequence && a.id == b.id && a.type == b.type && a.endpoint == b.endpoint &&
         a.alias == b.alias && a.time == b.time && a.json == b.json;
}

inline bool is_equal(const std::shared_ptr<const StoredEvent>& a, const StoredEvent& b) {
  return is_equal(*a, b);
}

// As it is before the store has given it a number.
inline NewEvent fresh(StoredEvent stored) {
  return {.event = numbered(std::move(stored), 0)};
}

// The store must give the events the numbers that they have here.
inline Batch batch_of(std::vector<StoredEvent> events, std::vector<Delivery> deliveries = {}) {
  Batch batch;
  for (auto& stored : events) batch.events.push_back(fresh(std::move(stored)));
  batch.deliveries = std::move(deliveries);
  return batch;
}

inline Loaded load(SqliteStore& store) {
  auto loaded = store.load();
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().sentence);
  return std::move(*loaded);
}

inline void commit(SqliteStore& store, const Batch& batch) {
  const auto committed = store.commit(batch);
  REQUIRE_MESSAGE(committed.has_value(), committed.error().sentence);
}

inline std::vector<StoredEvent> all_events(const std::filesystem::path& folder) {
  SqliteEventLog log{folder};
  EventFilter filter;
  filter.after_sequence = 0;
  filter.limit = 1000;
  auto events = log.events(filter);
  REQUIRE_MESSAGE(events.has_value(), events.error().sentence);
  return std::move(*events);
}

// As an operator would with the sqlite3 shell, or a fault of the disk.
inline void run_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
  const std::string message = sqlite3_errmsg(handle);
  sqlite3_close(handle);
  REQUIRE_MESSAGE(code == SQLITE_OK, message);
}

inline std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

inline void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream{file, std::ios::binary} << text;
}

// Runs `work` in a child process and returns its answer: limits and identities of the test itself
// stay as they are.
template <typename Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(work());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace modelvane::test
