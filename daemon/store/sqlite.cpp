#include "daemon/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "daemon/store/folder_lock.h"

namespace modelvane {
namespace {

// Others hold the write lock only for moments (a reader that recovers the log, an operator's
// sqlite3 shell). Longer waits would hold up announcements without saying why; the store writer
// tries again anyway.
constexpr int kBusyMilliseconds = 1000;

StoreError::Kind kind_of(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_FULL: return StoreError::Kind::Full;
    case SQLITE_READONLY:
    case SQLITE_PERM: return StoreError::Kind::ReadOnly;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return StoreError::Kind::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return StoreError::Kind::Damaged;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return kind_of_errno(system_error);
    default: return StoreError::Kind::Unavailable;
  }
}

std::string_view advice(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::Full: return "free some space; what is waiting is written then";
    case StoreError::Kind::ReadOnly: return "let modelvane's user write to the file and its folder";
    case StoreError::Kind::Busy: return "another process keeps it locked; end that one";
    case StoreError::Kind::Damaged:
      return "stop modelvane and put a backup in its place, or move the file away to begin anew "
             "(what is lost then: the history, "
             "deliveries still waiting, and changes since the last poll); try `sqlite3 FILE "
             ".recover` for the rest";
    case StoreError::Kind::Newer:
    case StoreError::Kind::Fenced:
    case StoreError::Kind::Unavailable:
      return "look at the disk and the folder; modelvane tries again";
  }
  return "";
}

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", c) : std::string(1, c);
  }
  return uri + "?immutable=1";
}

}  // namespace

Rows::~Rows() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  if (!statement_ || !database_.ok()) return false;
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.note_failure();
  return false;
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes ? std::string(bytes,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : "";
}

Database::Database(std::filesystem::path file, Access access) : file_(std::move(file)) {
  const bool is_immutable = access == Access::Immutable;
  const int how =
      access == Access::Read || is_immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int flags = how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                    (access == Access::Create ? SQLITE_OPEN_CREATE : 0) |
                    (is_immutable ? SQLITE_OPEN_URI : 0);
  errno = 0;
  const auto name = is_immutable ? immutable_uri(file_) : file_.string();
  if (sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    note_failure();
    return;
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  struct stat found{};
  if (::stat(file_.c_str(), &found) == 0) {
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void Database::leave_log_alone() {
  if (handle_) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::fail(StoreError::Kind kind, std::string sentence) {
  if (!error_) error_ = StoreError{kind, std::move(sentence)};
}

void Database::note_failure() {
  const int last_errno = errno;
  if (!handle_)
    return fail(StoreError::Kind::Unavailable, fmt::format("{}: out of memory", file_.string()));
  const int code = sqlite3_extended_errcode(handle_);
  // A commit that fails leaves SQLite's own copy at 0; errno still tells a full quota from a broken
  // disk.
  const int system_error =
      sqlite3_system_errno(handle_) != 0 ? sqlite3_system_errno(handle_) : last_errno;
  const auto kind = kind_of(code, system_error);
  const bool is_system =
      ((code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN) && system_error != 0;
  const auto reason =
      is_system ? fmt::format(", {}", std::generic_category().message(system_error)) : "";
  fail(kind, fmt::format("the database {}: {} (SQLite error {}{}); {}", file_.string(),
                         sqlite3_errmsg(handle_), code, reason, advice(kind)));
}

bool Database::run(const std::string& sql) {
  errno = 0;
  if (ok() && sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    note_failure();
  return ok();
}

sqlite3_stmt* Database::prepare(const std::string& sql) {
  if (!ok()) return nullptr;
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    note_failure();
    return nullptr;
  }
  statements_.emplace(sql, statement);
  return statement;
}

void Database::bind(sqlite3_stmt* statement, int index, std::int64_t value) {
  if (ok() && sqlite3_bind_int64(statement, index, value) != SQLITE_OK) note_failure();
}

void Database::bind(sqlite3_stmt* statement, int index, std::string_view value) {
  // SQLite takes a null pointer for NULL, and an empty view may have one.
  const char* bytes = value.empty() ? "" : value.data();
  if (ok() && sqlite3_bind_text64(statement, index, bytes, value.size(), SQLITE_STATIC,
                                  SQLITE_UTF8) != SQLITE_OK)
    note_failure();
}

std::int64_t Database::number(const std::string& sql) {
  Rows rows = query(sql);
  return rows.next() ? rows.integer(0) : 0;
}

std::int64_t Database::changed_rows() const {
  return sqlite3_changes64(handle_);
}

bool Database::is_still_there() const {
  struct stat found{};
  return ::stat(file_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

}  // namespace modelvane
