// Which sockets belong to connections that are kept, so that they can be looked at before they are
// used again. libcurl 7.88 takes a connection on which the server has said something meanwhile,
// such as HAProxy's "408 Request Time-out" before it closes, and reads that as the answer to what
// is asked next. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

namespace modelvane {

class KeptSockets {
 public:
  // libcurl tells only in the end which socket it was, and before a use only its local address.
  void note(int local_port, int fd);
  // False also for a connection that is new, or not known.
  bool has_unread(const std::string& local_address, int local_port) const;

 private:
  // Connections are closed without our hearing of it: an entry counts while its socket is still the
  // one of that address.
  std::unordered_map<int, int> by_port_;  // at most 65,535
};

}  // namespace modelvane
