// Whether a database and the log beside it belong together, and whether the log still has what was
// committed. SQLite puts the log's pages over any database that it finds: a backup that was put
// beside the log of another life becomes a mixture, and a log with a damaged end silently loses
// the newest commits.
//
// Commits are numbered, in table meta. `base` is the number of the last one before the present log
// began: the file alone must have come that far. The newest number is also noted beside the
// database (FolderLock).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "daemon/store/store.h"

namespace modelvane {

class Database;

struct CommitTrail {
  std::int64_t commits = 0;
  std::int64_t base = 0;
  std::int64_t salt = 0;  // of the log that began after `base`: another one = another log
};

CommitTrail read_trail(Database& database);
void write_trail(Database& database, const CommitTrail& trail);

// The number that SQLite gave to the log beside `database`; nullopt without one.
std::optional<std::int64_t> salt_of_log(const std::filesystem::path& database);

std::filesystem::path log_of(const std::filesystem::path& database);

// Before the database is opened for writing: what is wrong with the log beside it. Changes neither
// of them. `noted` is the newest commit that is known to have been made.
std::optional<StoreError> check_log(const std::filesystem::path& database, std::int64_t noted);

}  // namespace modelvane
