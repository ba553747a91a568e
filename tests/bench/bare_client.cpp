// What the kernel and OpenSSL alone take to fetch a list: one epoll loop, no parsing, no checks.
// modelvane is measured as a multiple of it (tests/bench/run bare).
//
//     bare_client COUNT RATE SECONDS fresh|reuse PORT [CA]
//
// Polls 127.1.N.M, one address for each of COUNT endpoints, RATE times a second in turn. The first
// quarter of SECONDS warms up; then it prints microseconds of CPU per poll, and polls.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Poll {
  int fd = -1;
  SSL* tls = nullptr;
  bool is_out = false;  // under way
  bool is_sent = false;
  std::string answer;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

bool is_whole(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  const auto length = answer.find("Content-Length: ");
  if (end == std::string::npos || length == std::string::npos) return false;
  return answer.size() >= end + 4 + std::strtoul(answer.c_str() + length + 16, nullptr, 10);
}

class Client {
 public:
  Client(std::size_t count, bool is_kept, int port, const char* authority)
      : polls_(count), is_kept_(is_kept), port_(port) {
    if (authority == nullptr) return;
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context_, authority, nullptr) != 1) fail("authority");
  }

  void begin(std::size_t i) {
    auto& poll = polls_[i];
    if (poll.is_out) return;
    poll.is_out = true;
    poll.is_sent = false;
    poll.answer.clear();
    if (poll.fd >= 0) return advance(i);
    poll.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (poll.fd < 0) fail("socket");
    const int yes = 1;
    ::setsockopt(poll.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr =
        htonl(0x7f010000U + static_cast<std::uint32_t>(i / 250 * 256 + i % 250 + 1));
    if (::connect(poll.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS)
      fail("connect");
    if (context_ != nullptr) {
      poll.tls = SSL_new(context_);
      SSL_set_fd(poll.tls, poll.fd);
      SSL_set_connect_state(poll.tls);
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = i}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, poll.fd, &event);
  }

  void advance(std::size_t i) {
    auto& poll = polls_[i];
    if (!poll.is_out) return;
    if (!poll.is_sent) {
      static const std::string kRequest =
          "GET /small HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n";
      const auto size = static_cast<int>(kRequest.size());
      const auto sent = poll.tls != nullptr ? SSL_write(poll.tls, kRequest.data(), size)
                                            : ::send(poll.fd, kRequest.data(), kRequest.size(), 0);
      if (sent < size) return;  // not connected yet
      poll.is_sent = true;
    }
    std::array<char, 65536> buffer;
    while (!is_whole(poll.answer)) {
      const auto got = poll.tls != nullptr
                           ? SSL_read(poll.tls, buffer.data(), static_cast<int>(buffer.size()))
                           : ::recv(poll.fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      poll.answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
    poll.is_out = false;
    ++done;
    if (is_kept_) return;
    if (poll.tls != nullptr) SSL_free(poll.tls);
    poll.tls = nullptr;
    ::close(poll.fd);
    poll.fd = -1;
  }

  void wait(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    for (int k = 0; k < count; ++k) advance(events[static_cast<std::size_t>(k)].data.u64);
  }

  std::size_t done = 0;

 private:
  std::vector<Poll> polls_;
  const bool is_kept_;
  const int port_;
  SSL_CTX* context_ = nullptr;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const auto count = std::strtoul(argv[1], nullptr, 10);
  const auto rate = std::strtod(argv[2], nullptr);
  const std::chrono::duration<double> seconds{std::strtod(argv[3], nullptr)};
  Client client{count, std::strcmp(argv[4], "reuse") == 0,
                static_cast<int>(std::strtol(argv[5], nullptr, 10)), argc > 6 ? argv[6] : nullptr};
  const auto start = Clock::now();
  std::size_t begun = 0;
  std::size_t done_before = 0;
  double cpu_before = 0;
  while (Clock::now() - start < seconds) {
    const std::chrono::duration<double> passed = Clock::now() - start;
    for (; static_cast<double>(begun) < passed.count() * rate; ++begun) client.begin(begun % count);
    client.wait(1);
    if (cpu_before == 0 && passed > seconds / 4) {
      cpu_before = cpu_seconds();
      done_before = client.done;
    }
  }
  const auto polls = client.done - done_before;
  std::printf("%.1f %zu\n", (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(polls), polls);
}
