// A TCP (or TLS) server on loopback whose behaviour is a function in the test: it is called once
// for each connection, on a thread of its own, and may be as rude as it likes. The destructor
// closes every connection and joins every thread.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace modelvane::test {

class Connection {
 public:
  Connection(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}

  // Up to and including the empty line; "" when the peer has gone.
  std::string read_head();
  std::string read_exactly(std::size_t size);
  bool send(std::string_view bytes);
  // Sends head and body with a Content-Length.
  bool reply(int status, std::string_view body, std::string_view extra_headers = "");
  // Pauses between two pieces; true when the peer has gone meanwhile.
  bool peer_leaves_within(std::chrono::milliseconds span);
  // Until the peer closes (or the server is destroyed).
  void hold();
  // Closes with a reset instead of an orderly end.
  void reset_on_close();
  // Carries bytes both ways between the peer and another port on loopback until one side ends.
  void tunnel_to(std::uint16_t port);

 private:
  int read_some(char* to, std::size_t size);

  int fd_;
  SSL* ssl_;
  std::string ahead_;
};

class FakeServer {
 public:
  using Behaviour = std::function<void(Connection&)>;

  // `tls` may be null; it stays the caller's.
  explicit FakeServer(Behaviour behaviour, SSL_CTX* tls = nullptr, int family = 2 /* AF_INET */);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  int accepts() const { return accepts_; }
  std::string url(std::string_view path = "/v1/models") const;

 private:
  void accept_all();
  void serve(int fd);

  Behaviour behaviour_;
  SSL_CTX* tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepts_{0};
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A port on loopback that nobody listens on.
std::uint16_t closed_port();

}  // namespace modelvane::test
