// What can go wrong with a cluster, one or two at a time; it is over when one() returns.
#pragma once

#include <random>

#include "tests/cluster/cluster.h"

namespace system_test {

class Faults {
 public:
  Faults(Cluster& cluster, std::uint64_t seed) : cluster_(cluster), random_(seed) {}

  // Moves go on meanwhile, and a client of the stream reads on when it is over.
  void one();

  int count = 0;
  StreamReader reader;

 private:
  void of_replica(int number, int kind);
  void end_of_replica(int number, int kind);
  void of_database(int kind);
  void move_and_wait(Milliseconds longest);
  std::chrono::hours some_clock();

  Cluster& cluster_;
  std::mt19937_64 random_;
};

}  // namespace system_test
