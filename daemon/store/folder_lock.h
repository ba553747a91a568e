// One daemon per storage folder: an advisory lock on the file modelvane.lock, held as long as the
// object lives and released by the kernel however the process ends. The file also says whether a
// database was ever completed in this folder, so that one that was cut to nothing is told from one
// that was never begun. Readers need no lock. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>

#include "daemon/store/store.h"

namespace modelvane {

class FolderLock {
 public:
  // Makes the folder (mode 0700) when it is missing. Busy when another process holds the lock.
  static std::expected<FolderLock, StoreError> take(const std::filesystem::path& folder);
  // Whether a process holds the lock of that folder. Takes nothing and makes nothing.
  static bool is_held(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  bool had_database() const { return had_database_; }
  // Best effort: when this cannot be written, an emptied file later passes for a new one, as it
  // would without the mark.
  void note_database();
  // The number of the newest commit that is known to have been made, kept a second time beside the
  // database: a log that lost its end is noticed.
  std::int64_t commits() const { return commits_; }
  void note_commits(std::int64_t commits);

 private:
  explicit FolderLock(int file) : file_(file) {}
  void write_note() const;

  int file_ = -1;
  bool had_database_ = false;
  std::int64_t commits_ = 0;
};

// ENOSPC, EACCES... as a kind of store error.
StoreError::Kind kind_of_errno(int number);

}  // namespace modelvane
