#include "daemon/store/sqlite_desk.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "daemon/store/folder_lock.h"
#include "daemon/store/schema.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_store.h"

namespace modelvane {
namespace {

// Where the kernel has no watches left, or a file system does not report: looked at all the same.
constexpr Duration kLookAgainWithin = std::chrono::milliseconds{500};

}  // namespace

SqliteDesk::SqliteDesk(std::filesystem::path folder)
    : folder_(std::move(folder)), watch_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (watch_ >= 0) ::inotify_add_watch(watch_, folder_.c_str(), IN_MODIFY | IN_CREATE);
}

SqliteDesk::~SqliteDesk() {
  if (watch_ >= 0) ::close(watch_);
}

void SqliteDesk::wait(Duration longest) {
  const auto most =
      std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(longest, kLookAgainWithin));
  ::pollfd wanted{watch_, POLLIN, 0};  // a negative descriptor only waits
  if (::poll(&wanted, 1, static_cast<int>(most.count())) <= 0) return;
  std::array<char, 4096> ignored{};
  while (::read(watch_, ignored.data(), ignored.size()) > 0) {
  }
}

bool SqliteDesk::daemon_runs() const {
  return FolderLock::is_held(folder_);
}

std::expected<Database*, StoreError> SqliteDesk::open() {
  if (database_ && database_->ok() && database_->is_still_there()) return database_.get();
  const auto file = database_file(folder_);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return std::unexpected(
        StoreError{StoreError::Kind::Unavailable,
                   fmt::format("there is no database {} yet; --storage.path names the folder that "
                               "`modelvane serve` writes to",
                               file.string())});
  }
  database_ = std::make_unique<Database>(file, Database::Access::Write);
  if (const auto version = identify(*database_); database_->ok() && version < schema_version()) {
    database_->fail(
        StoreError::Kind::Unavailable,
        fmt::format(
            "{} was written by an older modelvane; start `modelvane serve` of this version once",
            file.string()));
  }
  database_->run("PRAGMA synchronous = FULL");
  if (!database_->ok()) return std::unexpected(database_->error());
  return database_.get();
}

std::expected<std::uint64_t, StoreError> SqliteDesk::submit(const OperatorRequest& request,
                                                            Time now) {
  const auto database = open();
  if (!database) return std::unexpected(database.error());
  const auto body = to_json(request);
  (*database)->execute("INSERT INTO requests(kind, body, made_us) VALUES(?1, ?2, ?3)",
                       name(request.action), std::string_view{body}, now);
  const auto id = (*database)->number("SELECT last_insert_rowid()");
  if (!(*database)->ok()) return std::unexpected((*database)->error());
  return static_cast<std::uint64_t>(id);
}

std::expected<std::optional<OperatorResult>, StoreError> SqliteDesk::result(std::uint64_t id) {
  const auto database = open();
  if (!database) return std::unexpected(database.error());
  std::optional<std::string> json;
  {
    Rows rows =
        (*database)->query("SELECT result FROM requests WHERE id = ?1 AND done_us IS NOT NULL", id);
    if (rows.next()) json = rows.text(0);
  }
  if (!(*database)->ok()) return std::unexpected((*database)->error());
  if (!json) return std::nullopt;
  auto result = parse_operator_result(*json);
  if (!result)
    return std::unexpected(
        StoreError{StoreError::Kind::Damaged, fmt::format("request {}: {}", id, result.error())});
  return std::move(*result);
}

}  // namespace modelvane
