// The few operations on SQLite that the store needs, with errors as one value: a Database remembers
// its first failure, and from then on everything on it does nothing and reports failure. So a
// sequence of statements is written straight down and asked once, at the end, whether it went well.
// Failed databases are closed and opened anew, never repaired. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/store/store.h"
#include "daemon/text/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace modelvane {

class Database;

// The result of one statement, row by row. Borrows the Database; at most one Rows per statement
// text at a time.
class Rows {
 public:
  Rows(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool next();  // false at the end and after a failure
  std::int64_t integer(int column) const;
  Time time(int column) const { return Time{Duration{integer(column)}}; }
  std::string text(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_;  // nullptr after a failure
};

class Database {
 public:
  // Immutable: the file alone, without its log and without locks, also on media that cannot be
  // written. Only while nobody writes it.
  enum class Access { Immutable, Read, Write, Create };
  Database(std::filesystem::path file, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool ok() const { return !error_; }
  const StoreError& error() const { return *error_; }
  // A failure that the caller found (a checksum that does not fit).
  void fail(StoreError::Kind kind, std::string sentence);
  const std::filesystem::path& file() const { return file_; }

  // Closing does not put the log into the file: after an error both stay as they are.
  void leave_log_alone();

  // Statements without values, one or several.
  bool run(const std::string& sql);
  // One statement with its values for ?1, ?2... Prepared once per text: the texts must be few.
  template <typename... Values>
  Rows query(const std::string& sql, const Values&... values) {
    sqlite3_stmt* statement = prepare(sql);
    int index = 0;
    (bind(statement, ++index, values), ...);
    return Rows{*this, ok() ? statement : nullptr};
  }
  template <typename... Values>
  bool execute(const std::string& sql, const Values&... values) {
    Rows rows = query(sql, values...);
    while (rows.next()) {
    }
    return ok();
  }
  // The first column of the first row; 0 without rows.
  std::int64_t number(const std::string& sql);
  std::int64_t changed_rows() const;

  // False when another file (or none) now stands where this one was opened: it was moved, deleted
  // or replaced under our hands.
  bool is_still_there() const;

 private:
  friend class Rows;
  sqlite3_stmt* prepare(const std::string& sql);
  void bind(sqlite3_stmt* statement, int index, std::int64_t value);
  void bind(sqlite3_stmt* statement, int index, std::uint64_t value) {
    bind(statement, index, static_cast<std::int64_t>(value));
  }
  void bind(sqlite3_stmt* statement, int index, Time value) {
    bind(statement, index, std::int64_t{value.time_since_epoch().count()});
  }
  // `value` must outlive the Rows.
  void bind(sqlite3_stmt* statement, int index, std::string_view value);
  void note_failure();

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
  std::optional<StoreError> error_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace modelvane
