#include "daemon/http/admission.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <vector>

using namespace modelvane;

namespace {

using TimePoint = std::chrono::steady_clock::time_point;

Guest waiting(std::uint64_t ticket, std::string_view peer, int since) {
  return {.ticket = ticket, .peer = peer, .since = TimePoint{std::chrono::seconds{since}}};
}

Guest served(std::uint64_t ticket, std::string_view peer) {
  return {.ticket = ticket, .peer = peer, .is_served = true};
}

std::string peer_of_v6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  return peer_of(reinterpret_cast<const sockaddr&>(address));
}

}  // namespace

TEST_CASE("while there are places, everybody is let in and nobody goes") {
  const std::vector<Guest> guests{waiting(1, "a", 1), served(2, "b")};
  const auto admission = admit("a", guests, 4);
  CHECK(admission.is_admitted);
  CHECK_FALSE(admission.gives_way);
}

TEST_CASE("whoever has waited longest without asking gives way, whatever peer it is") {
  const std::vector<Guest> guests{waiting(1, "a", 5), waiting(2, "b", 3), served(3, "c"),
                                  waiting(4, "c", 4)};
  CHECK(admit("a", guests, 4).gives_way == 2);
}

TEST_CASE("nobody who is being served gives way") {
  const std::vector<Guest> guests{served(1, "a"), served(2, "b")};
  CHECK_FALSE(admit("c", guests, 2).is_admitted);
}

TEST_CASE("a peer beyond its share takes places from itself alone, also while others are free") {
  const std::vector<Guest> guests{waiting(1, "b", 1), waiting(2, "a", 3), waiting(3, "a", 2),
                                  served(4, "a"),     waiting(5, "a", 4), served(6, "a"),
                                  served(7, "a")};
  CHECK(admit("a", guests, 8).gives_way == 3);
  CHECK(admit("b", guests, 8).is_admitted);
  CHECK_FALSE(admit("b", guests, 8).gives_way);
  const std::vector<Guest> slow{served(1, "a"), served(2, "a"), served(3, "a"), waiting(4, "b", 1)};
  CHECK_FALSE(admit("a", slow, 4).is_admitted);
}

TEST_CASE("one peer is an address, or a network of IPv6") {
  CHECK(peer_of_v6("2001:db8::1") == peer_of_v6("2001:db8::2:3:4:5"));
  CHECK(peer_of_v6("2001:db8::1") != peer_of_v6("2001:db8:0:1::1"));
  CHECK(peer_of_v6("::ffff:192.0.2.1") != peer_of_v6("::ffff:192.0.2.2"));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  REQUIRE(inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr) == 1);
  CHECK(peer_of(reinterpret_cast<const sockaddr&>(v4)) == peer_of_v6("::ffff:192.0.2.1"));
}
