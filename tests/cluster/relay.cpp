#include "tests/cluster/relay.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace system_test {
namespace {

// How soon a cut or a mended relay is noticed.
constexpr int kLookEveryMs = 20;
constexpr std::size_t kWaitingMax = 1 << 20;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// One direction of a connection.
struct Flow {
  int from;
  int to;
  std::string waiting{};
  bool is_over = false;

  void read() {
    std::array<char, 65536> buffer{};
    const auto size = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) waiting.append(buffer.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) is_over = true;
  }
  void write() {
    if (waiting.empty()) return;
    const auto size = ::send(to, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) waiting.erase(0, static_cast<std::size_t>(size));
    if (size >= 0 || errno == EAGAIN || errno == EINTR) return;
    is_over = true;
    waiting.clear();  // nobody is there to take it
  }
};

struct Pair {
  Flow out;
  Flow back;
  bool is_over() const {
    return (out.is_over && out.waiting.empty()) || (back.is_over && back.waiting.empty());
  }
};

}  // namespace

Relay::Relay(int to_port, const std::string& listen_address)
    : to_port_(to_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  auto address = loopback(0);
  REQUIRE(::inet_pton(AF_INET, listen_address.c_str(), &address.sin_addr) == 1);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

Relay::~Relay() {
  thread_.request_stop();
  thread_.join();
  ::close(listener_);
}

void Relay::run(const std::stop_token& stop) {
  std::vector<Pair> pairs;
  while (!stop.stop_requested()) {
    std::vector<pollfd> wanted{{listener_, POLLIN, 0}};
    for (const auto& pair : pairs) {
      for (const auto* flow : {&pair.out, &pair.back}) {
        const bool has_room = flow->waiting.size() < kWaitingMax;
        wanted.push_back({flow->from, static_cast<short>(has_room ? POLLIN : 0), 0});
      }
    }
    if (is_cut_) {
      ::poll(nullptr, 0, kLookEveryMs);
      continue;
    }
    ::poll(wanted.data(), wanted.size(), kLookEveryMs);
    for (auto& pair : pairs) {
      for (auto* flow : {&pair.out, &pair.back}) {
        flow->read();
        flow->write();
      }
    }
    std::erase_if(pairs, [](const Pair& pair) {
      if (!pair.is_over()) return false;
      ::close(pair.out.from);
      ::close(pair.out.to);
      return true;
    });
    if ((wanted[0].revents & POLLIN) == 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(to_port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    pairs.push_back({.out = {client, server}, .back = {server, client}});
  }
  for (const auto& pair : pairs) {
    ::close(pair.out.from);
    ::close(pair.out.to);
  }
}

}  // namespace system_test
