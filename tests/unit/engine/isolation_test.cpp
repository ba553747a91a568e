// When an endpoint that cannot be reached is not told as down.
#include "daemon/engine/isolation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;
using Answer = Isolation::Answer;

constexpr Duration kTimeout = 10s;

struct Net {
  Isolation isolation;
  Duration now{1h};

  explicit Net(int hosts) {
    std::set<std::string> names;
    for (int i = 0; i < hosts; ++i) names.insert(host(i));
    isolation.configure(70s, names);
    for (int i = 0; i < hosts; ++i) note(i, false);
  }
  static std::string host(int i) { return fmt::format("h{}.example", i); }
  void note(int i, bool unreachable) { isolation.note(host(i), unreachable, now); }
  Answer ask(int i, bool has_network = true) {
    note(i, true);
    return isolation.ask(host(i), kTimeout, has_network, now);
  }
};

}  // namespace

TEST_CASE("before a down is told, the other hosts are asked, and when they answer it is told") {
  Net net{5};
  net.now += 1min;
  CHECK(net.ask(0) == Answer::Check);
  CHECK(net.isolation.to_check().size() == 4);
  net.now += 1s;
  CHECK(net.ask(0) == Answer::Wait);
  for (int i = 1; i < 5; ++i) net.note(i, false);
  CHECK(net.ask(0) == Answer::Tell);
  CHECK_FALSE(net.isolation.is_isolated());
}

TEST_CASE("when most hosts are out of reach at once none is told, until they answer again") {
  Net net{5};
  net.now += 1min;
  CHECK(net.ask(0) == Answer::Check);
  for (int i = 1; i < 5; ++i) net.note(i, true);
  CHECK(net.ask(0) == Answer::Wait);
  CHECK(net.isolation.is_isolated());
  net.now += 5min;
  CHECK(net.ask(1) == Answer::Wait);
  for (int i = 0; i < 4; ++i) net.note(i, false);
  CHECK_FALSE(net.isolation.is_isolated());
  // Its poll may have begun before the network came back.
  CHECK(net.ask(4) == Answer::Wait);
  net.now += kTimeout + 1s;
  CHECK(net.ask(4) == Answer::Check);
  net.now += kTimeout;
  CHECK(net.ask(4) == Answer::Tell);
}

TEST_CASE("a quarter of an hour is the longest that anything is held back") {
  Net net{3};
  for (int i = 0; i < 3; ++i) net.note(i, true);
  CHECK(net.ask(0) == Answer::Wait);
  net.now += kIsolationMax;
  for (int i = 0; i < 3; ++i) net.note(i, true);
  CHECK(net.ask(0) == Answer::TellIsolated);
}

TEST_CASE("hosts whose trouble was told before say nothing about our network") {
  Net net{6};
  for (int i = 0; i < 3; ++i) {
    net.note(i, true);
    net.isolation.note_told(Net::host(i));
  }
  net.now += 1min;
  CHECK(net.ask(3) == Answer::Check);
  net.now += 1s;
  CHECK(net.ask(3) == Answer::Wait);
  net.now += kTimeout;
  CHECK(net.ask(3) == Answer::Tell);
}

TEST_CASE(
    "with one or two hosts the kernel's word counts, and this machine's own need no network") {
  Net net{2};
  CHECK(net.ask(0) == Answer::Tell);
  CHECK(net.ask(0, false) == Answer::Wait);
  CHECK(net.isolation.is_isolated());
  CHECK(net.isolation.ask("127.0.0.1", kTimeout, false, net.now) == Answer::Tell);
  net.note(1, false);
  CHECK_FALSE(net.isolation.is_isolated());
}

TEST_CASE("while a public receiver takes events there is a network") {
  Net net{3};
  for (int i = 0; i < 3; ++i) net.note(i, true);
  net.isolation.note_accepted(net.now);
  CHECK(net.ask(0) == Answer::Tell);
}

}  // namespace modelvane
