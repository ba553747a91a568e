// A name server for tests, and a network for them in which names are asked of it: addresses that
// are dead, answers that never come and hosts that move, as they are on the internet.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/harness.h"

namespace system_test {

// From now on this process and its children have a network namespace of their own: loopback, a
// network 10.9.0.0/24 and fd00:9::/64 with nobody in it but us, and a resolv.conf that names
// 127.0.0.1. False: the kernel does not let us.
bool enter_own_network(const TempFolder& folder);
// False in a plain chroot: what is mounted there could not be kept from everybody else.
bool root_is_a_mount();

// On port 53 of 127.0.0.1.
class NameServer {
 public:
  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // IPv4 addresses of a name, in order; names without any do not exist.
  void set(const std::string& name, std::vector<std::string> addresses);
  // Questions for IPv6 addresses get no answer any more; otherwise, that there is none.
  void ignore_ipv6();
  int ipv6_questions() const;

 private:
  void run(const std::stop_token& stop);
  std::string answer(const std::string& question);

  int socket_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> names_;  // under mutex_, as what follows
  bool ignores_ipv6_ = false;
  int ipv6_questions_ = 0;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace system_test
