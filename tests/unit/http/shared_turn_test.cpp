#include "daemon/http/shared_turn.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace modelvane;

TEST_CASE("who asks alone gets a result of its own each time") {
  SharedTurn<int> turns;
  int made = 0;
  CHECK(turns.get([&] { return ++made; }) == 1);
  CHECK(turns.get([&] { return ++made; }) == 2);
}

TEST_CASE("who comes while a result is made gets the next one, made once for all of them") {
  SharedTurn<int> turns;
  constexpr int kClients = 20;
  std::atomic<int> made = 0;
  std::latch has_begun{1};
  std::latch may_end{1};
  std::jthread first{[&] {
    const int result = turns.get([&] {
      has_begun.count_down();
      may_end.wait();
      return ++made;
    });
    CHECK(result == 1);
  }};
  has_begun.wait();
  std::vector<int> results(kClients);
  {
    std::vector<std::jthread> clients;
    std::atomic<int> asking = 0;
    for (auto& result : results) {
      clients.emplace_back([&] {
        ++asking;
        result = turns.get([&] { return ++made; });
      });
    }
    while (asking < kClients) std::this_thread::yield();
    may_end.count_down();
  }
  // A client may have been counted but not yet inside when the first result was done.
  CHECK(made <= 3);
  for (const int result : results) CHECK(result >= 2);
}

TEST_CASE("what the making throws reaches all who waited for it, and the next one is made anew") {
  SharedTurn<int> turns;
  CHECK_THROWS_AS(turns.get([]() -> int { throw std::runtime_error("no memory"); }),
                  std::runtime_error);
  CHECK(turns.get([] { return 3; }) == 3);
}
