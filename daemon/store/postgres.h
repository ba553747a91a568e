// The few operations on PostgreSQL that the store needs, by libpq, with errors as one value: like a
// Database (sqlite.h), a connection remembers its first failure, and from then on everything on it
// fails; it is closed and a new one made, never repaired. Every call has a deadline of its own: a
// server that is stopped, or cut off, answers nothing, and neither its time-outs nor TCP's help
// then. One thread at a time.
//
// Statements are complete by themselves and rely on nothing that was set for the connection, so
// that a pooler may stand between. In their texts `@` stands for the schema: "SELECT 1 FROM
// @events".
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/text/time.h"

struct pg_conn;
struct pg_result;

namespace modelvane {

// The clock of leases and deadlines: the engine's steady one (engine/clock.h).
inline Duration steady_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

// How to reach the database.
struct PostgresPlace {
  std::string url;  // of libpq: a URL or keywords; several hosts are tried in turn
  std::string schema = "modelvane";
};

// Errors that modelvane's own functions raise (postgres_schema.cpp).
inline constexpr std::string_view kSessionEnded = "MV001";
// unique_violation: of an event's id or ordinal.
inline constexpr std::string_view kEventExists = "23505";
inline constexpr std::string_view kBatchesLost = "MV002";

// The whole answer to one statement.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  ~PostgresRows();
  PostgresRows(PostgresRows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
  PostgresRows& operator=(PostgresRows&&) = delete;

  int count() const;    // 0 after a failure
  int changed() const;  // rows that an UPDATE, DELETE or INSERT concerned
  std::int64_t integer(int row, int column) const;
  Time time(int row, int column) const { return Time{Duration{integer(row, column)}}; }
  Duration duration(int row, int column) const { return Duration{integer(row, column)}; }
  bool is_null(int row, int column) const;
  std::string text(int row, int column) const;

 private:
  pg_result* result_;  // nullptr after a failure
};

// Text that PostgreSQL takes: no NUL, and nothing that is no UTF-8.
std::string postgres_text(std::string_view text);

class PostgresConnection {
 public:
  // Not connected yet: the first statement does it. `application` is what the server's
  // pg_stat_activity shows.
  PostgresConnection(const PostgresPlace& place, std::string application, Duration deadline);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  bool ok() const { return !error_; }
  // Between statements: ok, and the server has not ended it meanwhile, as far as we were told.
  bool is_open();
  // Asks the server, which tells also a network that drops everything in silence.
  bool answers_within(Duration span);
  const StoreError& error() const { return *error_; }
  // What was read, if all went well.
  template <typename Value>
  std::expected<Value, StoreError> answer(Value value) const {
    if (error_) return std::unexpected(*error_);
    return value;
  }
  // The server's code for the failure; "" = it did not come from the server.
  const std::string& code() const { return code_; }
  void fail(StoreError::Kind kind, std::string sentence);

  // One statement with its values for $1, $2...: numbers, texts, times. Lists of numbers and of
  // texts are made by array_of().
  template <typename... Values>
  PostgresRows query(const std::string& sql, const Values&... values) {
    return send(sql, {text_of(values)...});
  }
  // The same with values that are texts already.
  PostgresRows send(const std::string& sql, const std::vector<std::string>& values);
  // Several statements without values.
  bool run(const std::string& sql);

  // What was notified on the channels that were listened to, since the last call.
  std::vector<std::string> notices();
  // Readable when there may be some; -1: not connected.
  int socket() const;

 private:
  static std::string text_of(std::integral auto value) { return std::to_string(value); }
  static std::string text_of(Time value) {
    return std::to_string(value.time_since_epoch().count());
  }
  static std::string text_of(std::string_view value) { return postgres_text(value); }

  bool connect();
  PostgresRows send_until(Duration end, const std::string& sql,
                          const std::vector<std::string>& values);
  bool flush(Duration end);
  bool wait_for(short events, Duration end);
  PostgresRows receive(Duration end);
  void note_failure(const pg_result* result);
  std::string in_schema(std::string_view sql) const;

  const PostgresPlace place_;
  const std::string application_;
  const Duration deadline_;
  pg_conn* handle_ = nullptr;
  std::optional<StoreError> error_;
  std::string code_;
};

// A connection that waits for statements of now and then, and is made anew when it has died
// meanwhile: whoever asks first after a restart of the database, or after a cut in the network,
// gets an answer and no error.
class KeptConnection {
 public:
  // After so long without use it may have been forgotten on the way to the server.
  static constexpr Duration kQuiet = std::chrono::seconds{1};

  KeptConnection(PostgresPlace place, std::string application, Duration deadline)
      : place_(std::move(place)), application_(std::move(application)), deadline_(deadline) {}

  PostgresConnection& open();
  const PostgresPlace& place() const { return place_; }

 private:
  const PostgresPlace place_;
  const std::string application_;
  const Duration deadline_;
  std::unique_ptr<PostgresConnection> connection_;
  Duration opened_{0};  // the last time
};

// "{1,2,3}", "{\"a\",\"b\"}": for `= ANY($1)`.
std::string array_of(const std::vector<Shard>& numbers);
std::string array_of(const std::vector<std::string>& texts);

// A name as SQL writes it.
std::string quoted_name(std::string_view name);

}  // namespace modelvane
