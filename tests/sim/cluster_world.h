// Several daemons on one disk, one outside world and one virtual time: each can be killed, paused,
// cut off from the disk, from the providers or from the receivers, and have a wrong clock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace modelvane::sim {

class ClusterWorld {
 public:
  static constexpr Duration kLease = std::chrono::seconds{5};
  static constexpr Duration kTick = std::chrono::milliseconds{100};

  struct Replica {
    std::string name;
    SimClock clock{};
    std::unique_ptr<SimTransport> transport{};
    std::unique_ptr<SimCommitQueue> commit_queue{};
    std::unique_ptr<Board> board{};
    std::unique_ptr<Engine> engine{};  // none: it was killed
    Time paused_until{};
    Time cut_until{};   // from the disk
    Time away_until{};  // from the outside
  };

  ClusterWorld(std::uint64_t seed, std::size_t replicas, ShardCount shards);

  void start(Replica& replica);
  void kill(Replica& replica);
  void run_for(Duration span, Duration tick = kTick);
  // Shards that nobody has whose daemon runs.
  std::size_t unowned() const;
  std::vector<Event> stored_events() const;

  Random random;
  SimClock clock;
  Disk disk;
  Outside outside;
  Config config;
  std::vector<Replica> replicas;
};

}  // namespace modelvane::sim
