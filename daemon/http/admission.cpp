#include "daemon/http/admission.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace modelvane {

Admission admit(std::string_view peer, std::span<const Guest> guests, std::size_t places) {
  const auto is_own = [&](const Guest& guest) { return guest.peer == peer; };
  const auto own = static_cast<std::size_t>(std::ranges::count_if(guests, is_own));
  const bool has_share = own >= share_of(places);
  if (guests.size() < places && !has_share) return {.is_admitted = true};
  const Guest* oldest = nullptr;
  for (const auto& guest : guests) {
    if (guest.is_served || (has_share && !is_own(guest))) continue;
    if (oldest == nullptr || guest.since < oldest->since) oldest = &guest;
  }
  if (oldest == nullptr) return {};
  return {.is_admitted = true, .gives_way = oldest->ticket};
}

namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

}  // namespace

std::string peer_of(const sockaddr& address) {
  constexpr std::size_t kMappedBytes = 12;  // before the IPv4 address in ::ffff:192.0.2.1
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return {reinterpret_cast<const char*>(&v4), sizeof v4};
  }
  if (address.sa_family != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  const auto* const bytes = reinterpret_cast<const char*>(&v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return {bytes + kMappedBytes, sizeof v6 - kMappedBytes};
  return {bytes, kNetworkBytes};
}

std::string text_of_peer(std::string_view peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.size() == sizeof(in_addr))
    return ::inet_ntop(AF_INET, peer.data(), text.data(), text.size());
  if (peer.size() != kNetworkBytes) return "unknown";
  in6_addr network{};
  std::ranges::copy(peer, reinterpret_cast<char*>(&network));
  return std::string{::inet_ntop(AF_INET6, &network, text.data(), text.size())} + "/64";
}

}  // namespace modelvane
