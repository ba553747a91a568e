// Tells a replica whether the live session of its own name is that of a predecessor that died on
// this machine: the name is held as a socket in the kernel, which a process cannot outlive.
#pragma once

#include <optional>
#include <string>

namespace modelvane {

class ReplicaLock {
 public:
  // nullopt: another process on this machine has the name.
  static std::optional<ReplicaLock> take(const std::string& name);
  ReplicaLock(ReplicaLock&& other) noexcept;
  ReplicaLock& operator=(ReplicaLock&&) = delete;
  ~ReplicaLock();

 private:
  explicit ReplicaLock(int socket) : socket_(socket) {}
  int socket_;
};

// This start of this machine, and the network that ReplicaLock's names belong to: the same text
// means that a lock that could be taken proves a predecessor's death.
std::string host_identity();
// The host's name in it, for people.
std::string host_in(const std::string& identity);

}  // namespace modelvane
