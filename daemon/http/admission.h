// Who gives way when a client comes and all places are taken. Pure. Clients that ask and go need a
// place for milliseconds; whoever sits on one without having asked for anything loses it first, the
// longest such one before all others. So thousands of slow clients cost no scrape, as long as they
// do not come faster than a head arrives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sockaddr;

namespace modelvane {

struct Guest {
  std::uint64_t ticket = 0;
  std::string_view peer;
  bool is_served = false;  // its request is being answered, or it is a stream
  std::chrono::steady_clock::time_point since{};  // of its unfinished head, or idle
};

struct Admission {
  bool is_admitted = false;
  std::optional<std::uint64_t> gives_way;
};

// Of all places one peer gets at most this part, so that one that reads its answers slowly leaves
// some to the others. It is large, since all clients of a reverse proxy have one address.
constexpr std::size_t share_of(std::size_t places) {
  return places - places / 4;
}

Admission admit(std::string_view peer, std::span<const Guest> guests, std::size_t places);

// What counts as one peer: an address, with IPv6 a network of 64 bits, since whoever has one such
// address has all of them.
std::string peer_of(const sockaddr& address);
// For people: 192.0.2.1, 2001:db8::/64.
std::string text_of_peer(std::string_view peer);

}  // namespace modelvane
