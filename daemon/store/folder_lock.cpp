#include "daemon/store/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace modelvane {
namespace {

constexpr const char* kFileName = "modelvane.lock";
// Second line of the file. The first is the number of the process that holds, or last held, the
// lock.
constexpr std::string_view kDatabaseNote = "database completed";
// Third line, with a number.
constexpr std::string_view kCommitsNote = "commits ";

StoreError error_of(int number, const std::string& what) {
  const auto reason = std::generic_category().message(number);
  return {kind_of_errno(number),
          fmt::format("{}: {}; modelvane needs a folder (--storage.path) that it may write to",
                      what, reason)};
}

std::expected<void, StoreError> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  // Only the owner needs it: events tell which services an organisation depends on.
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return std::unexpected(
      error_of(errno, fmt::format("the storage folder {} cannot be made", folder.string())));
}

std::string read_all(int file) {
  std::array<char, 256> buffer{};
  const auto size = ::pread(file, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
}

std::int64_t commits_in(std::string_view note) {
  const auto at = note.find(kCommitsNote);
  std::int64_t commits = 0;
  if (at != std::string_view::npos)
    std::from_chars(note.data() + at + kCommitsNote.size(), note.data() + note.size(), commits);
  return commits;
}

}  // namespace

StoreError::Kind kind_of_errno(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return StoreError::Kind::Full;
    case EACCES:
    case EPERM:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EROFS: return StoreError::Kind::ReadOnly;
    default: return StoreError::Kind::Unavailable;
  }
}

std::expected<FolderLock, StoreError> FolderLock::take(const std::filesystem::path& folder) {
  if (auto made = make_folder(folder); !made) return std::unexpected(std::move(made.error()));
  const auto path = folder / kFileName;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return std::unexpected(
        error_of(errno, fmt::format("the lock file {} cannot be opened", path.string())));
  FolderLock lock{file};
  const std::string note = read_all(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(StoreError{
        StoreError::Kind::Busy, fmt::format("another modelvane (process {}) already uses the "
                                            "storage folder {}; stop it, or give this one "
                                            "a folder of its own by --storage.path",
                                            note.substr(0, note.find('\n')), folder.string())});
  }
  lock.had_database_ = note.find(kDatabaseNote) != std::string::npos;
  lock.commits_ = commits_in(note);
  lock.write_note();
  return lock;
}

bool FolderLock::is_held(const std::filesystem::path& folder) {
  const int file = ::open((folder / kFileName).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  ::close(file);
  return !is_free;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      had_database_(other.had_database_),
      commits_(other.commits_) {}

void FolderLock::note_database() {
  if (std::exchange(had_database_, true)) return;
  write_note();
}

void FolderLock::note_commits(std::int64_t commits) {
  if (std::exchange(commits_, commits) != commits) write_note();
}

void FolderLock::write_note() const {
  std::string note = fmt::format("{}\n", ::getpid());
  if (had_database_) note += fmt::format("{}\n", kDatabaseNote);
  if (commits_ > 0) note += fmt::format("{}{}\n", kCommitsNote, commits_);
  // Written over the old text before it is cut: a full disk then costs nothing that was known.
  if (::pwrite(file_, note.data(), note.size(), 0) == static_cast<ssize_t>(note.size())) {
    [[maybe_unused]] const int cut = ::ftruncate(file_, static_cast<off_t>(note.size()));
  }
}

}  // namespace modelvane
