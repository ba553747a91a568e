#include "daemon/store/commit_trail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "daemon/store/sqlite.h"

namespace modelvane {
namespace {

// "WAL-mode File Format" of SQLite: two salts of four bytes each.
constexpr off_t kSaltOffset = 16;

bool has_log(const std::filesystem::path& database) {
  std::error_code error;
  const auto size = std::filesystem::file_size(log_of(database), error);
  return !error && size > 0;
}

void put(Database& database, std::string_view name, std::int64_t value) {
  database.execute(
      "INSERT INTO meta(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = "
      "excluded.value",
      name, value);
}

}  // namespace

CommitTrail read_trail(Database& database) {
  CommitTrail trail;
  Rows rows = database.query(
      "SELECT name, value FROM meta WHERE name IN ('commits', 'log_base', 'log_salt')");
  while (rows.next()) {
    const auto name = rows.text(0);
    (name == "commits"    ? trail.commits
     : name == "log_base" ? trail.base
                          : trail.salt) = rows.integer(1);
  }
  return trail;
}

void write_trail(Database& database, const CommitTrail& trail) {
  put(database, "commits", trail.commits);
  put(database, "log_base", trail.base);
  put(database, "log_salt", trail.salt);
}

std::filesystem::path log_of(const std::filesystem::path& database) {
  return database.string() + "-wal";
}

std::optional<std::int64_t> salt_of_log(const std::filesystem::path& database) {
  const int file = ::open(log_of(database).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::int64_t salt = 0;
  const auto got = ::pread(file, &salt, sizeof salt, kSaltOffset);
  ::close(file);
  if (got != ssize_t{sizeof salt}) return std::nullopt;
  return salt;
}

std::optional<StoreError> check_log(const std::filesystem::path& database, std::int64_t noted) {
  if (!has_log(database)) return std::nullopt;
  Database both{database, Database::Access::Read};
  both.leave_log_alone();
  const auto seen = read_trail(both);
  Database alone{database, Database::Access::Immutable};
  const auto before_log = read_trail(alone);
  const auto file = database.string();
  const auto log = log_of(database).string();
  if (alone.ok() && both.ok() && before_log.commits < seen.base) {
    return StoreError{
        StoreError::Kind::Damaged,
        fmt::format("{0} is older than its log {1} (commit {2}, the log begins after {3}): it may "
                    "be a backup beside the log of another life. To take the backup as it is, stop "
                    "modelvane and move {1} away",
                    file, log, before_log.commits, seen.base)};
  }
  if (both.ok() && seen.commits < noted) {
    return StoreError{
        StoreError::Kind::Damaged,
        fmt::format("the log {1} of {0} is damaged: {2} of the newest commits are missing, and "
                    "changes that were told already would be told anew. Stop modelvane, move the "
                    "log away, and put a backup in place, or go on with what {0} still has",
                    file, log, noted - seen.commits)};
  }
  if (!both.ok() && alone.ok() && both.error().kind == StoreError::Kind::Damaged) {
    return StoreError{
        StoreError::Kind::Damaged,
        fmt::format("{0} cannot be read together with its log {1}, and can without it: stop "
                    "modelvane and move the log away",
                    file, log)};
  }
  return std::nullopt;
}

}  // namespace modelvane
