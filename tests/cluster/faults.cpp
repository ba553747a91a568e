#include "tests/cluster/faults.h"

#include <doctest/doctest.h>

#include <csignal>

namespace system_test {
namespace {

using namespace std::chrono_literals;

enum ReplicaFault { Kill, Terminate, Stop, Hang, CutDatabase, CutUpstream, CutReceivers };
// Without namespaces only the database can be cut off.
constexpr int kFaultsOfRelays = CutDatabase + 1;
constexpr int kFaultsOfNetworks = CutReceivers + 1;

enum DatabaseFault { Restart, Pause, FailOver };

}  // namespace

void Faults::one() {
  constexpr int kOfDatabaseOneIn = 5;
  if (random_() % kOfDatabaseOneIn == 0) {
    of_database(static_cast<int>(random_() % (cluster_.database.has_standby() ? 3 : 2)));
  } else {
    const auto kinds =
        static_cast<std::uint64_t>(cluster_.network ? kFaultsOfNetworks : kFaultsOfRelays);
    const auto first = static_cast<int>(random_() % cluster_.replicas.size());
    const auto kind = static_cast<int>(random_() % kinds);
    const auto second = (first + 1) % static_cast<int>(cluster_.replicas.size());
    const auto second_kind = static_cast<int>(random_() % kinds);
    const bool are_two = random_() % 3 == 0;
    of_replica(first, kind);
    if (are_two) of_replica(second, second_kind);
    // Longer than a lease, or shorter; and no delivery should fail so often that it is put aside.
    move_and_wait(kind == CutReceivers || second_kind == CutReceivers ? 3s : 6s);
    end_of_replica(first, kind);
    if (are_two) end_of_replica(second, second_kind);
  }
  for (const auto& replica : cluster_.replicas) replica->start(some_clock());
  auto& replica = *cluster_.replicas[random_() % cluster_.replicas.size()];
  reader.read(replica, [&] { move_and_wait(1s); });
}

void Faults::of_replica(int number, int kind) {
  ++count;
  auto& replica = *cluster_.replicas[static_cast<std::size_t>(number)];
  switch (kind) {
    case Kill: return replica.process().kill();
    case Terminate: return replica.process().signal(SIGTERM);
    case Stop: return replica.process().signal(SIGSTOP);
    case Hang:
      if (!replica.hang()) replica.process().signal(SIGSTOP);
      return;
    case CutUpstream: return cluster_.cut(number, Cable::Upstream);
    case CutReceivers: return cluster_.cut(number, Cable::Receivers);
    default: return cluster_.cut(number, Cable::Database);
  }
}

void Faults::end_of_replica(int number, int kind) {
  auto& replica = *cluster_.replicas[static_cast<std::size_t>(number)];
  switch (kind) {
    case Kill: return;
    case Terminate: CHECK(replica.process().wait().has_value()); return;
    case Stop: return replica.process().signal(SIGCONT);
    case Hang: replica.go_on(); return replica.process().signal(SIGCONT);
    case CutUpstream: return cluster_.mend(number, Cable::Upstream);
    case CutReceivers: return cluster_.mend(number, Cable::Receivers);
    default: return cluster_.mend(number, Cable::Database);
  }
}

void Faults::of_database(int kind) {
  ++count;
  auto& database = cluster_.database;
  switch (kind) {
    case Restart:
      database.primary().stop_at_once();
      move_and_wait(2s);
      return database.primary().start();
    case Pause:
      database.primary().pause();
      move_and_wait(4s);
      return database.primary().go_on();
    default:
      database.fail_over();
      move_and_wait(2s);
      return database.restore_standby();
  }
}

// Of a replica that begins: right, or an hour off.
std::chrono::hours Faults::some_clock() {
  constexpr int kHours[] = {0, 0, 1, -1};
  return std::chrono::hours{kHours[random_() % std::size(kHours)]};
}

void Faults::move_and_wait(Milliseconds longest) {
  const auto end =
      Clock::now() + Milliseconds{random_() % static_cast<std::uint64_t>(longest.count())};
  while (Clock::now() < end) {
    cluster_.provider.move_any(random_);
    let_pass(Milliseconds{100});
  }
}

}  // namespace system_test
