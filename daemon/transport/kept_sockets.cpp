#include "daemon/transport/kept_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace modelvane {
namespace {

bool is_at(int fd, const std::string& address, int port) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* four = reinterpret_cast<const sockaddr_in*>(&own);
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&own);
  const bool is_six = own.ss_family == AF_INET6;
  if (!is_six && own.ss_family != AF_INET) return false;
  const void* bytes = is_six ? static_cast<const void*>(&six->sin6_addr) : &four->sin_addr;
  return ntohs(is_six ? six->sin6_port : four->sin_port) == port &&
         ::inet_ntop(own.ss_family, bytes, text.data(), text.size()) != nullptr &&
         address == text.data();
}

}  // namespace

void KeptSockets::note(int local_port, int fd) {
  if (local_port > 0 && fd >= 0) by_port_[local_port] = fd;
}

bool KeptSockets::has_unread(const std::string& local_address, int local_port) const {
  const auto found = by_port_.find(local_port);
  if (found == by_port_.end() || !is_at(found->second, local_address, local_port)) return false;
  ::pollfd socket{found->second, POLLIN, 0};
  return ::poll(&socket, 1, 0) > 0;
}

}  // namespace modelvane
