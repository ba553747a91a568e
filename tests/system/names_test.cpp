// Names and addresses as they are on the internet, in a network namespace of the test's own, with a
// name server that we run. Where the kernel allows no namespace, the tests say so and are left out;
// root may always have one.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/name_server.h"
#include "tests/unit/simulate/exchange.h"

using namespace system_test;

namespace {

constexpr int kPort = 8080;

// Answers each request on a kept connection with one model, until it is gone.
class Machine {
 public:
  Machine(const std::string& address, std::string model)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), model_(std::move(model)) {
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in bound{};
    bound.sin_family = AF_INET;
    bound.sin_port = htons(kPort);
    REQUIRE(::inet_pton(AF_INET, address.c_str(), &bound.sin_addr) == 1);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&bound), sizeof bound) == 0);
    REQUIRE(::listen(listener_, 64) == 0);
    thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  }
  ~Machine() {
    thread_.request_stop();
    thread_.join();
    for (const auto& one : sockets_) ::close(one.fd);
    ::close(listener_);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

 private:
  void run(const std::stop_token& stop) {
    const auto body = fmt::format(R"({{"data":[{{"id":"m-latest","ref_model":"{}"}}]}})", model_);
    const auto reply = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    while (!stop.stop_requested()) {
      auto all = sockets_;
      all.push_back({listener_, POLLIN, 0});
      if (::poll(all.data(), all.size(), 50) <= 0) continue;
      if (all.back().revents != 0)
        sockets_.push_back({::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0});
      all.pop_back();
      for (const auto& one : all) {
        if (one.revents == 0) continue;
        char head[4096];
        if (::recv(one.fd, head, sizeof head, 0) > 0) {
          ::send(one.fd, reply.data(), reply.size(), MSG_NOSIGNAL);
          continue;
        }
        ::close(one.fd);
        std::erase_if(sockets_, [&](const pollfd& other) { return other.fd == one.fd; });
      }
    }
  }

  int listener_;
  std::string model_;
  std::vector<pollfd> sockets_;  // the thread's
  std::jthread thread_;          // last: it uses everything above
};

const TempFolder& common() {
  static const TempFolder folder;
  return folder;
}

// Once for all tests of this program; false, loudly, where there can be none.
bool has_own_network() {
  static const bool has = enter_own_network(common());
  if (!has) {
    const bool could = ::geteuid() == 0 && root_is_a_mount();
    REQUIRE_MESSAGE(!could, "root could not make a network namespace");
    MESSAGE("SKIPPED: no network namespace can be made here");
  }
  return has;
}

constexpr const char* kHost = "llm.example";

// A daemon that watches the list at kHost.
class Watcher {
 public:
  // `more`: further keys of `defaults`.
  explicit Watcher(const std::string& more = "")
      : serve_{folder_,
               fmt::format("defaults: {{interval: 6s, timeout: 6s, recheck: 1s{}}}\nendpoints:\n"
                           "  - {{name: m, url: 'http://{}:{}/v1/models', aliases: [{{field: "
                           "/ref_model}}]}}\n",
                           more, kHost, kPort)} {
    REQUIRE_MESSAGE(serve_.is_up(), serve_.process().transcript());
  }

  bool comes_to_show(const std::string& text) const {
    return eventually([&] { return metrics().find(text) != std::string::npos; });
  }
  bool points_to(const std::string& model) const {
    return comes_to_show(fmt::format("target=\"{}\"", model));
  }
  bool has_failed() const {
    return metrics().find("modelvane_endpoint_up{endpoint=\"m\"} 0") != std::string::npos;
  }

 private:
  std::string metrics() const { return get(serve_.url("/metrics")).body; }

  TempFolder folder_;
  Serve serve_;
};

}  // namespace

TEST_CASE("a host whose first two addresses are dead is read by its third") {
  if (!has_own_network()) return;
  NameServer names;
  names.set(kHost, {"10.9.0.98", "10.9.0.99", "10.9.0.1"});
  const Machine machine{"10.9.0.1", "m-1"};
  const Watcher watcher;
  CHECK(watcher.points_to("m-1"));
  CHECK_FALSE(watcher.has_failed());
}

TEST_CASE("a name server that never answers for IPv6 costs no poll") {
  if (!has_own_network()) return;
  NameServer names;
  names.ignore_ipv6();
  names.set(kHost, {"10.9.0.1"});
  const Machine machine{"10.9.0.1", "m-1"};
  const Watcher watcher;
  CHECK(watcher.points_to("m-1"));
  CHECK_FALSE(watcher.has_failed());
  CHECK(names.ipv6_questions() > 0);
}

TEST_CASE("a host that moves is followed, although its old machine still answers") {
  if (!has_own_network()) return;
  NameServer names;
  names.set(kHost, {"10.9.0.1"});
  const Machine old{"10.9.0.1", "m-1"};
  const Machine present{"10.9.0.2", "m-2"};
  const Watcher watcher{", connection: reuse, connection_max_age: 3s"};
  REQUIRE(watcher.points_to("m-1"));
  names.set(kHost, {"10.9.0.2"});
  CHECK(watcher.points_to("m-2"));
}

TEST_CASE("a name that is gone is told as what it is, and read again when it is back") {
  if (!has_own_network()) return;
  NameServer names;
  const Machine machine{"10.9.0.1", "m-1"};
  const Watcher watcher;
  CHECK(watcher.comes_to_show("modelvane_poll_failures_total{endpoint=\"m\",reason=\"dns\"} 1"));
  names.set(kHost, {"10.9.0.1"});
  CHECK(watcher.points_to("m-1"));
}
