// Disks that are full or read-only, and that heal again. Each in a child process: the limits hold
// for it alone.
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;

namespace {

// What went wrong in the child, as its exit code.
enum Outcome { kFine = 0, kNoFailure, kWrongKind, kNoRecovery, kWrongContent, kNoSetUp };

void limit_file_size(rlim_t bytes) {
  ::rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

StoredEvent large_event(std::uint64_t sequence) {
  StoredEvent large = event(sequence);
  large.json = fmt::format(R"({{"id":"","sequence":"{:020}","filler":"{}"}})", sequence,
                           std::string(20'000, 'x'));
  return large;
}

int fill_the_disk(const std::filesystem::path& folder) {
  ::signal(SIGXFSZ, SIG_IGN);
  SqliteStore store{folder};
  if (!store.load()) return kNoSetUp;
  limit_file_size(400'000);
  std::uint64_t sequence = 1;
  std::optional<StoreError> error;
  for (; sequence < 100 && !error; ++sequence) {
    if (auto committed = store.commit(batch_of({large_event(sequence)}, {delivery(sequence)}));
        !committed)
      error = committed.error();
  }
  if (!error) return kNoFailure;
  if (error->kind != StoreError::Kind::Full ||
      error->sentence.find("free some space") == std::string::npos)
    return kWrongKind;
  // Closing made some room by emptying the log; now there is none at all.
  limit_file_size(4096);
  if (store.commit(batch_of({large_event(sequence - 1)}))) return kNoFailure;
  limit_file_size(RLIM_INFINITY);
  if (!store.commit(batch_of({large_event(sequence - 1)}, {delivery(sequence - 1)})))
    return kNoRecovery;
  const auto loaded = store.load();
  if (!loaded || loaded->pending.size() != sequence - 1 || loaded->last_sequence != sequence - 1)
    return kWrongContent;
  return kFine;
}

// Root may write anywhere, so it becomes nobody first.
int lose_the_right_to_write(const std::filesystem::path& folder) {
  constexpr uid_t kNobody = 65534;
  if (::getuid() == 0) {
    ::mkdir(folder.c_str(), 0700);
    if (::chown(folder.c_str(), kNobody, kNobody) != 0 || ::setgroups(0, nullptr) != 0 ||
        ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) {
      return kNoSetUp;
    }
  }
  {
    SqliteStore store{folder};
    if (!store.commit(batch_of({event(1)}, {delivery(1)}))) return kNoSetUp;
  }
  ::chmod(folder.c_str(), 0500);
  SqliteStore store{folder};
  const auto loaded = store.load();
  if (loaded) return kNoFailure;
  if (loaded.error().kind != StoreError::Kind::ReadOnly) return kWrongKind;
  ::chmod(folder.c_str(), 0700);
  if (!store.commit(batch_of({event(2)}, {delivery(2)}))) return kNoRecovery;
  const auto healed = store.load();
  return healed && healed->pending.size() == 2 ? kFine : kWrongContent;
}

int start_without_a_place(const std::filesystem::path& folder) {
  SqliteStore store{folder / "file" / "data"};
  const auto loaded = store.load();
  if (loaded) return kNoFailure;
  std::filesystem::remove(folder / "file");
  return store.load() ? kFine : kNoRecovery;
}

}  // namespace

TEST_CASE("a full disk is named as such, loses nothing acknowledged, and heals by itself") {
  const TempFolder folder;
  CHECK(in_child([&] { return fill_the_disk(folder.storage()); }) == kFine);
  // Also for the next process.
  SqliteStore store{folder.storage()};
  CHECK(load(store).pending.size() > 3);
}

TEST_CASE("a read-only folder is named as such and heals by itself") {
  const TempFolder folder;
  using std::filesystem::perms;
  std::filesystem::permissions(folder.path(), perms::owner_all | perms::group_read |
                                                  perms::group_exec | perms::others_read |
                                                  perms::others_exec);
  CHECK(in_child([&] { return lose_the_right_to_write(folder.storage()); }) == kFine);
}

TEST_CASE("a folder that cannot be made is an error until it can") {
  const TempFolder folder;
  write_file(folder.path() / "file", "in the way");
  CHECK(start_without_a_place(folder.path()) == kFine);
}
