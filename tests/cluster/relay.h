// The network between a replica and its database: a TCP relay to a port on loopback that can be
// cut. While it is, nothing passes in either direction and nobody is told, as when a cable is
// pulled.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace system_test {

class Relay {
 public:
  explicit Relay(int to_port, const std::string& listen_address = "127.0.0.1");
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const { return port_; }
  void cut() { is_cut_ = true; }
  void mend() { is_cut_ = false; }

 private:
  void run(const std::stop_token& stop);

  const int to_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_cut_{false};
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace system_test
