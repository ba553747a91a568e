#include "daemon/store/replica_lock.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <utility>

#include "daemon/text/hash.h"

namespace modelvane {

std::optional<ReplicaLock> ReplicaLock::take(const std::string& name) {
  // A leading NUL: no file (unix(7), abstract sockets).
  const auto text = fmt::format("modelvane/{:016x}", stable_hash(name));
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, text.data(), text.size());
  const auto size = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + 1 + text.size());
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return std::nullopt;
  if (::bind(made, reinterpret_cast<const ::sockaddr*>(&address), size) != 0) {
    ::close(made);
    return std::nullopt;
  }
  return ReplicaLock{made};
}

ReplicaLock::ReplicaLock(ReplicaLock&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

ReplicaLock::~ReplicaLock() {
  if (socket_ >= 0) ::close(socket_);
}

std::string host_identity() {
  std::string boot;
  std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, boot);
  struct stat network{};
  ::stat("/proc/self/ns/net", &network);
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return fmt::format("{} {} {}", name.data(), boot, network.st_ino);
}

std::string host_in(const std::string& identity) {
  return identity.substr(0, identity.find(' '));
}

}  // namespace modelvane
