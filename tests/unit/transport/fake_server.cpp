#include "tests/unit/transport/fake_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace modelvane::test {
namespace {

sockaddr_storage loopback(int family, std::uint16_t port, socklen_t& size) {
  sockaddr_storage storage{};
  if (family == AF_INET6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port);
    size = sizeof address;
    std::memcpy(&storage, &address, sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    size = sizeof address;
    std::memcpy(&storage, &address, sizeof address);
  }
  return storage;
}

int bound_socket(int family, std::uint16_t& port) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = 0;
  sockaddr_storage address = loopback(family, 0, size);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0)
    throw std::runtime_error("no loopback socket");
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  in_port_t raw = 0;
  if (family == AF_INET6) {
    sockaddr_in6 bound{};
    std::memcpy(&bound, &address, sizeof bound);
    raw = bound.sin6_port;
  } else {
    sockaddr_in bound{};
    std::memcpy(&bound, &address, sizeof bound);
    raw = bound.sin_port;
  }
  port = ntohs(raw);
  return fd;
}

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  socklen_t size = 0;
  sockaddr_storage address = loopback(AF_INET, port, size);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

bool carry(int from, int to) {
  std::array<char, 4096> bytes{};
  const auto got = recv(from, bytes.data(), bytes.size(), 0);
  return got > 0 && ::send(to, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace

int Connection::read_some(char* to, std::size_t size) {
  if (ssl_ != nullptr) return SSL_read(ssl_, to, static_cast<int>(size));
  return static_cast<int>(recv(fd_, to, size, 0));
}

std::string Connection::read_head() {
  std::array<char, 2048> bytes{};
  while (true) {
    if (const auto end = ahead_.find("\r\n\r\n"); end != std::string::npos) {
      std::string head = ahead_.substr(0, end + 4);
      ahead_.erase(0, end + 4);
      return head;
    }
    const int got = read_some(bytes.data(), bytes.size());
    if (got <= 0) return "";
    ahead_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

std::string Connection::read_exactly(std::size_t size) {
  std::array<char, 2048> bytes{};
  while (ahead_.size() < size) {
    const int got = read_some(bytes.data(), bytes.size());
    if (got <= 0) return "";
    ahead_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  std::string result = ahead_.substr(0, size);
  ahead_.erase(0, size);
  return result;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent =
        ssl_ != nullptr
            ? static_cast<ssize_t>(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())))
            : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::reply(int status, std::string_view body, std::string_view extra_headers) {
  return send(fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                          extra_headers, body));
}

bool Connection::peer_leaves_within(std::chrono::milliseconds span) {
  pollfd watched{fd_, POLLRDHUP, 0};
  return poll(&watched, 1, static_cast<int>(span.count())) != 0;
}

void Connection::hold() {
  pollfd watched{fd_, POLLRDHUP, 0};
  poll(&watched, 1, -1);
}

void Connection::reset_on_close() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Connection::tunnel_to(std::uint16_t port) {
  const int far = connect_to(port);
  if (far < 0) return;
  std::array<pollfd, 2> watched{pollfd{fd_, POLLIN, 0}, pollfd{far, POLLIN, 0}};
  bool open = true;
  while (open && poll(watched.data(), watched.size(), -1) > 0) {
    if (watched[0].revents != 0) open = carry(fd_, far);
    if (open && watched[1].revents != 0) open = carry(far, fd_);
  }
  close(far);
}

FakeServer::FakeServer(Behaviour behaviour, SSL_CTX* tls, int family)
    : behaviour_(std::move(behaviour)), tls_(tls) {
  listener_ = bound_socket(family, port_);
  if (listen(listener_, 512) != 0) throw std::runtime_error("no loopback listener");
  acceptor_ = std::thread{[this] { accept_all(); }};
}

FakeServer::~FakeServer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (auto& thread : threads_) thread.join();
}

std::string FakeServer::url(std::string_view path) const {
  return fmt::format("{}://127.0.0.1:{}{}", tls_ == nullptr ? "http" : "https", port_, path);
}

void FakeServer::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      close(fd);
      return;
    }
    ++accepts_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeServer::serve(int fd) {
  // OpenSSL writes to closed sockets without MSG_NOSIGNAL. Blocked here only, so that the
  // transport's own threads stay exposed.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  SSL* ssl = tls_ == nullptr ? nullptr : SSL_new(tls_);
  bool ready = true;
  if (ssl != nullptr) {
    SSL_set_fd(ssl, fd);
    ready = SSL_accept(ssl) == 1;
  }
  if (ready) {
    Connection connection{fd, ssl};
    behaviour_(connection);
    if (ssl != nullptr) SSL_shutdown(ssl);
  } else {
    // Reading on keeps the kernel from answering with a reset, which would overtake the alert that
    // says what is wrong.
    shutdown(fd, SHUT_WR);
    std::array<char, 2048> ignored{};
    while (recv(fd, ignored.data(), ignored.size(), 0) > 0) {
    }
  }
  SSL_free(ssl);
  const std::lock_guard lock{mutex_};
  std::erase(open_, fd);
  close(fd);
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  close(bound_socket(AF_INET, port));
  return port;
}

}  // namespace modelvane::test
