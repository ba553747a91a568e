#include "daemon/http/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace modelvane {
namespace {

// A burst of scrapers; with a short queue the kernel drops the rest, who try again a second later.
constexpr int kBacklog = 512;

struct HostAndPort {
  std::string host;  // "" = all addresses
  std::string port;
};

std::optional<HostAndPort> split(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostAndPort parts{address.substr(0, colon), address.substr(colon + 1)};
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  int port = 0;
  const auto* end = parts.port.data() + parts.port.size();
  const auto result = std::from_chars(parts.port.data(), end, port);
  if (result.ec != std::errc{} || result.ptr != end || port < 0 || port > 65535)
    return std::nullopt;
  return parts;
}

std::string bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(fd, address, &size) != 0 ||
      ::getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

// -1 with errno when it failed.
int listen_on(const addrinfo& where, bool all_addresses) {
  const int fd = ::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (where.ai_family == AF_INET6) {
    const int only_ipv6 = all_addresses ? 0 : 1;
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
  }
  if (::bind(fd, where.ai_addr, where.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

in_port_t& port_of(sockaddr& address) {
  return address.sa_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(address).sin_port;
}

// Port 0 lets the kernel choose for the first address of a name; the others take the same.
void take_port(addrinfo& where, int first) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const bound = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(first, bound, &size) == 0) port_of(*where.ai_addr) = port_of(*bound);
}

std::string sentence(const std::string& address, int error) {
  switch (error) {
    case EADDRINUSE:
      return fmt::format(
          "cannot listen on {}: the address is already in use; stop the other program, or choose "
          "another "
          "--web.listen-address",
          address);
    case EACCES:
      return fmt::format(
          "cannot listen on {}: permission denied; ports below 1024 need CAP_NET_BIND_SERVICE",
          address);
    case EADDRNOTAVAIL:
      return fmt::format("cannot listen on {}: this machine has no such address", address);
    default: return fmt::format("cannot listen on {}: {}", address, std::strerror(error));
  }
}

}  // namespace

std::expected<std::vector<Listener>, std::string> Listener::open(const std::string& address) {
  const auto parts = split(address);
  if (!parts) {
    return std::unexpected(fmt::format(
        "\"{}\" is not an address to listen on: write host:port, :port or [::1]:port", address));
  }
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  // One IPv6 socket serves both families, where there is IPv6 at all.
  const bool all_addresses = parts->host.empty();
  addrinfo* found = nullptr;
  const char* const host = all_addresses ? "::" : parts->host.c_str();
  if (const int error = ::getaddrinfo(host, parts->port.c_str(), &hints, &found); error != 0) {
    return std::unexpected(fmt::format("cannot listen on {}: {}", address, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
  std::vector<Listener> listeners;
  int no_such_family = 0;
  // A name may mean several: clients of `localhost` try ::1 or 127.0.0.1 first as they like.
  for (addrinfo* where = found; where != nullptr; where = where->ai_next) {
    if (!listeners.empty()) take_port(*where, listeners.front().fd_);
    Listener listener;
    listener.fd_ = listen_on(*where, all_addresses);
    if (listener.fd_ < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
      no_such_family = errno;
      continue;
    }
    if (listener.fd_ < 0) return std::unexpected(sentence(address, errno));
    listener.address_ = bound_address(listener.fd_);
    listeners.push_back(std::move(listener));
  }
  if (listeners.empty() && all_addresses) return open("0.0.0.0:" + parts->port);
  if (listeners.empty()) return std::unexpected(sentence(address, no_such_family));
  return listeners;
}

std::expected<Listener, std::string> Listener::adopt(int fd) {
  Listener listener;
  listener.fd_ = fd;
  int is_listening = 0;
  int family = 0;
  socklen_t size = sizeof is_listening;
  const bool is_known = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 &&
                        ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0;
  if (!is_known || is_listening == 0 || (family != AF_INET && family != AF_INET6))
    return std::unexpected(fmt::format(
        "descriptor {} is no TCP socket that listens; write ListenStream=10178 into the .socket "
        "unit",
        fd));
  // Inherited sockets wait, and would be inherited further.
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return std::unexpected(fmt::format("descriptor {}: {}", fd, std::strerror(errno)));
  listener.address_ = bound_address(fd);
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace modelvane
