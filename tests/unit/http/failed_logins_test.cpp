#include "daemon/http/failed_logins.h"

#include <doctest/doctest.h>

#include "daemon/http/admission.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const std::string kPeer{"\xc0\x00\x02\x01", 4};

}  // namespace

TEST_CASE("the first wrong password is told at once, the next ones together") {
  FailedLogins logins;
  const std::chrono::steady_clock::time_point start{1h};
  const auto first = logins.note("alice", kPeer, start);
  REQUIRE(first.has_value());
  CHECK(first->user == "alice");
  CHECK(first->peer == "192.0.2.1");
  CHECK(first->others == 0);
  for (int i = 0; i < 50; ++i) CHECK_FALSE(logins.note("bob", kPeer, start + 9s).has_value());
  const auto next = logins.note("carol", kPeer, start + FailedLogins::kQuiet);
  REQUIRE(next.has_value());
  CHECK(next->user == "carol");
  CHECK(next->others == 50);
}

TEST_CASE("peers are shown as addresses, those of IPv6 as the network that one client has") {
  CHECK(text_of_peer(kPeer) == "192.0.2.1");
  CHECK(text_of_peer(std::string{"\x20\x01\x0d\xb8\x00\x00\x00\x00", 8}) == "2001:db8::/64");
  CHECK(text_of_peer("") == "unknown");
}
