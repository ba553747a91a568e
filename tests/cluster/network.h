// A network namespace for each replica, with a cable of its own to the database, to the providers
// and to the receivers: each can be pulled. Needs root, and a kernel that lets it.
#pragma once

#include <string>
#include <vector>

namespace system_test {

enum class Cable { Database, Upstream, Receivers, Page };

class Network {
 public:
  // False: the kernel does not let us. Takes this thread, and all that it starts from here on, to a
  // network namespace of their own.
  static bool can_be_made();

  explicit Network(int replicas);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Where a server must listen that is reached through cables of this kind.
  std::string here(Cable cable) const;
  // A replica's own end.
  std::string there(Cable cable, int replica) const;
  // What begins a command that is to run inside.
  std::vector<std::string> inside(int replica) const;
  // Nothing passes any more, and nobody is told.
  void cut(int replica, Cable cable) const;
  void mend(int replica, Cable cable) const;

 private:
  std::string space(int replica) const;
  std::string end_of(int replica, Cable cable) const;

  const int replicas_;
};

}  // namespace system_test
