#include "tests/cluster/network.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>

#include "tests/system/harness.h"

namespace system_test {
namespace {

constexpr Cable kCables[] = {Cable::Database, Cable::Upstream, Cable::Receivers, Cable::Page};

bool ip(std::vector<std::string> arguments) {
  Process process{{.arguments = std::move(arguments), .program = "/usr/sbin/ip"}};
  return process.wait() == 0;
}

void must(const std::vector<std::string>& arguments) {
  REQUIRE_MESSAGE(ip(arguments), fmt::format("ip {}", fmt::join(arguments, " ")));
}

std::string bridge(Cable cable) {
  return fmt::format("bridge{}", static_cast<int>(cable));
}

std::string address(Cable cable, int host) {
  return fmt::format("10.{}.0.{}", 200 + static_cast<int>(cable), host);
}

}  // namespace

bool Network::can_be_made() {
  if (::geteuid() != 0 || ::access("/usr/sbin/ip", X_OK) != 0) return false;
  // The bridges come and go where nobody else sees them: Chromium, in the tests beside this one,
  // gives up the page that it loads when an interface does.
  static const bool has_own = ::unshare(CLONE_NEWNET) == 0 && ip({"link", "set", "lo", "up"});
  if (!has_own) return false;
  const auto name = fmt::format("mv{}t", ::getpid());
  const bool can = ip({"netns", "add", name}) && ip({"link", "add", name, "type", "bridge"}) &&
                   ip({"netns", "exec", name, "ip", "link", "set", "lo", "up"});
  (void)ip({"link", "del", name});
  (void)ip({"netns", "del", name});
  return can;
}

Network::Network(int replicas) : replicas_(replicas) {
  for (int i = 0; i < replicas_; ++i) {
    must({"netns", "add", space(i)});
    must({"-n", space(i), "link", "set", "lo", "up"});
  }
  for (const auto cable : kCables) {
    must({"link", "add", bridge(cable), "type", "bridge"});
    must({"addr", "add", here(cable) + "/24", "dev", bridge(cable)});
    must({"link", "set", bridge(cable), "up"});
    for (int i = 0; i < replicas_; ++i) {
      const auto inner = fmt::format("eth{}", static_cast<int>(cable));
      must({"link", "add", end_of(i, cable), "type", "veth", "peer", "name", inner, "netns",
            space(i)});
      must({"link", "set", end_of(i, cable), "master", bridge(cable), "up"});
      must({"-n", space(i), "addr", "add", there(cable, i) + "/24", "dev", inner});
      must({"-n", space(i), "link", "set", inner, "up"});
    }
  }
}

Network::~Network() {
  for (int i = 0; i < replicas_; ++i) (void)ip({"netns", "del", space(i)});
  for (const auto cable : kCables) (void)ip({"link", "del", bridge(cable)});
}

// Their names are the machine's, and tests beside this one make some, too.
std::string Network::space(int replica) const {
  return fmt::format("mv{}r{}", ::getpid(), replica);
}

std::string Network::end_of(int replica, Cable cable) const {
  return fmt::format("cable{}r{}", static_cast<int>(cable), replica);
}

std::string Network::here(Cable cable) const {
  return address(cable, 1);
}

std::string Network::there(Cable cable, int replica) const {
  return address(cable, 2 + replica);
}

std::vector<std::string> Network::inside(int replica) const {
  return {"/usr/sbin/ip", "netns", "exec", space(replica)};
}

void Network::cut(int replica, Cable cable) const {
  must({"link", "set", end_of(replica, cable), "down"});
}

void Network::mend(int replica, Cable cable) const {
  must({"link", "set", end_of(replica, cable), "up"});
}

}  // namespace system_test
