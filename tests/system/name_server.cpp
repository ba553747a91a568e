#include "tests/system/name_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace system_test {
namespace {

// RFC 1035, 3.2.2, and RFC 3596.
constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;
constexpr std::size_t kHeader = 12;

bool run(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

struct Question {
  std::string name;  // without a dot at its end
  int type = 0;
  std::size_t end = 0;  // behind it in the message
};

Question question_of(const std::string& message) {
  Question question;
  std::size_t at = kHeader;
  while (at < message.size() && message[at] != 0) {
    const auto size = static_cast<unsigned char>(message[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += message.substr(at + 1, size);
    at += 1U + size;
  }
  question.end = at + 5;  // the root's label, type and class
  if (question.end > message.size()) return {};
  question.type = static_cast<unsigned char>(message[at + 2]);
  return question;
}

}  // namespace

bool root_is_a_mount() {
  std::ifstream mounts{"/proc/self/mountinfo"};
  std::string number, parent, device, root, point, rest;
  while (mounts >> number >> parent >> device >> root >> point && std::getline(mounts, rest)) {
    if (point == "/") return true;
  }
  return false;
}

bool enter_own_network(const TempFolder& folder) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const auto file = folder.write("resolv.conf", "nameserver 127.0.0.1\n");
  const auto hosts = folder.write("nsswitch.conf", "hosts: dns\n");
  return ::mount(file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(hosts.c_str(), "/etc/nsswitch.conf", nullptr, MS_BIND, nullptr) == 0 &&
         run("ip link set lo up && ip link add near type veth peer name far && "
             "ip link set near up && ip link set far up && "
             "ip address add 10.9.0.1/24 dev near && ip address add 10.9.0.2/24 dev near && "
             "ip address add fd00:9::1/64 dev near nodad");
}

NameServer::NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

NameServer::~NameServer() {
  thread_.request_stop();
  thread_.join();
  ::close(socket_);
}

void NameServer::set(const std::string& name, std::vector<std::string> addresses) {
  const std::scoped_lock lock{mutex_};
  names_[name] = std::move(addresses);
}

void NameServer::ignore_ipv6() {
  const std::scoped_lock lock{mutex_};
  ignores_ipv6_ = true;
}

int NameServer::ipv6_questions() const {
  const std::scoped_lock lock{mutex_};
  return ipv6_questions_;
}

void NameServer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 50) <= 0) continue;
    char buffer[512];
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const auto count =
        ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (count < static_cast<ssize_t>(kHeader)) continue;
    const auto reply = answer({buffer, static_cast<std::size_t>(count)});
    if (!reply.empty())
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
  }
}

// "" = none is sent.
std::string NameServer::answer(const std::string& message) {
  const auto question = question_of(message);
  if (question.end == 0) return "";
  const std::scoped_lock lock{mutex_};
  if (question.type == kTypeAaaa) {
    ++ipv6_questions_;
    if (ignores_ipv6_) return "";
  }
  const auto known = names_.find(question.name);
  const bool exists = known != names_.end() && !known->second.empty();
  const auto addresses =
      exists && question.type == kTypeA ? known->second : std::vector<std::string>{};
  std::string reply = message.substr(0, question.end);
  reply[2] = '\x85';                    // an answer, with authority; recursion was wanted
  reply[3] = exists ? '\x80' : '\x83';  // NXDOMAIN
  for (std::size_t i = 6; i < kHeader; ++i) reply[i] = 0;
  reply[7] = static_cast<char>(addresses.size());
  for (const auto& address : addresses) {
    // The name as in the question, A, IN, 0 seconds to live, 4 bytes.
    reply += std::string{"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04", 12};
    in_addr bytes{};
    REQUIRE(::inet_pton(AF_INET, address.c_str(), &bytes) == 1);
    reply.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  }
  return reply;
}

}  // namespace system_test
