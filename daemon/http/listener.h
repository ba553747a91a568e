// Listening TCP sockets. SO_REUSEADDR but not SO_REUSEPORT: a second instance on the same port
// must fail, not share the scrapes.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace modelvane {

class Listener {
 public:
  // `address` is "host:port", ":port" or "[::1]:port": a socket for every address of the host. The
  // error is a sentence.
  static std::expected<std::vector<Listener>, std::string> open(const std::string& address);
  // A TCP socket that listens already, given by whoever started this process.
  static std::expected<Listener, std::string> adopt(int fd);
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  int fd() const { return fd_; }
  // With the real port.
  const std::string& address() const { return address_; }

 private:
  Listener() = default;

  int fd_ = -1;
  std::string address_;
};

}  // namespace modelvane
