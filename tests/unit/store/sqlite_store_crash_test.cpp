// kill -9 at any moment loses nothing that was acknowledged. A child commits as fast as it can and
// tells each acknowledged number through a pipe; the test kills it after a number of them that a
// fixed seed chose, wherever the child then is.
#include <csignal>
#include <random>

#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;

namespace {

constexpr int kRounds = 20;

[[noreturn]] void commit_for_ever(const std::filesystem::path& folder, int pipe) {
  SqliteStore store{folder};
  const auto loaded = store.load();
  if (!loaded) ::_exit(1);
  for (std::uint64_t sequence = loaded->last_sequence + 1;; ++sequence) {
    Batch batch = batch_of({event(sequence)}, {delivery(sequence)});
    batch.states.emplace_back("internlm",
                              EndpointState{.has_baseline = true, .events_made = sequence});
    if (!store.commit(batch)) ::_exit(2);
    if (::write(pipe, &sequence, sizeof sequence) != sizeof sequence) ::_exit(3);
  }
}

// The last number that the child acknowledged.
std::uint64_t run_and_kill(const std::filesystem::path& folder, int after) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(folder, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t last = 0;
  for (std::uint64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
    last = number;
    if (--after == 0) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return last;
}

}  // namespace

TEST_CASE("kill -9 while committing loses no acknowledged event, delivery or state") {
  const TempFolder folder;
  std::mt19937 random{20261122};
  for (int round = 0; round < kRounds; ++round) {
    const auto acknowledged =
        run_and_kill(folder.storage(), std::uniform_int_distribution{1, 40}(random));
    SqliteStore store{folder.storage()};
    const Loaded loaded = load(store);
    CHECK(loaded.last_sequence >= acknowledged);
    // At most the one that was under way is there besides.
    CHECK(loaded.last_sequence <= acknowledged + 1);
    REQUIRE(loaded.pending.size() == loaded.last_sequence);
    for (std::uint64_t i = 0; i < loaded.last_sequence; ++i)
      REQUIRE(is_equal(loaded.pending[i].event, event(i + 1)));
    CHECK(loaded.endpoints.at("internlm").events_made == loaded.last_sequence);
    CHECK(loaded.event_counts.at(0).count == loaded.last_sequence);
  }
}
