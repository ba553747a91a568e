// What goes wrong around the real program: disks that are full or read-only, receivers that never
// answer, upstreams that want a certificate.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "daemon/simulate/receiver.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"
#include "tests/unit/transport/certificates.h"

using namespace modelvane;
using namespace system_test;

namespace {

std::string config_of(const FakeUpstream& upstream, const std::string& receiver) {
  return fmt::format(R"(instance: test
defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
  - {{name: w, url: "{}"}}
)",
                     upstream.url(), receiver);
}

struct Stage {
  TempFolder folder;
  FakeUpstream upstream{
      [](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1", "m-2"}); }};
  simulated::Receiver receiver{{}};

  Stage() { REQUIRE(receiver.start()); }
  std::string config() const { return config_of(upstream, receiver.url()); }
  void move() {
    upstream.answer_with(
        [](const auto&) { return model_list({{"m-latest", "m-2"}}, {"m-1", "m-2"}); });
  }
};

bool metrics_show(const Serve& serve, const std::string& text) {
  return eventually(
      [&] { return get(serve.url("/metrics")).body.find(text) != std::string::npos; });
}

// Not ready is what it is from the first moment; why comes when the store has been tried.
bool unreadiness_names(const Serve& serve, const std::string& text) {
  return eventually([&] {
    const auto reply = get(serve.url("/-/ready"));
    return reply.status == 503 && reply.body.find(text) != std::string::npos;
  });
}

bool becomes_ready(const Serve& serve) {
  return eventually([&] { return get(serve.url("/-/ready")).status == 200; });
}

// Every file that the process writes may grow up to here: what a full disk looks like from inside.
void limit_file_size(const Process& process, rlim_t bytes) {
  const ::rlimit limit{bytes, RLIM_INFINITY};
  REQUIRE(::prlimit(process.id(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

// Takes connections into its backlog and never answers.
class DeafServer {
 public:
  DeafServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafServer() { ::close(fd_); }
  DeafServer(const DeafServer&) = delete;
  DeafServer& operator=(const DeafServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook", port_); }
  bool is_called() const {
    return eventually([this] {
      ::pollfd wait{fd_, POLLIN, 0};
      return ::poll(&wait, 1, 0) == 1;
    });
  }

 private:
  int fd_;
  int port_ = 0;
};

}  // namespace

TEST_CASE(
    "on a full disk polls go on, nothing is announced, and everything comes when there is space "
    "again") {
  Stage stage;
  Serve serve(stage.folder, stage.config());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(metrics_show(serve, "target=\"m-1\""));
  limit_file_size(serve.process(), 4096);
  stage.move();
  REQUIRE(unreadiness_names(serve, "free some space"));
  CHECK(get(serve.url("/-/healthy")).status == 200);
  CHECK(stage.upstream.wait_for_requests(3));
  CHECK(get(serve.url("/metrics")).body.find("target=\"m-1\"") != std::string::npos);
  CHECK(stage.receiver.events().empty());

  limit_file_size(serve.process(), RLIM_INFINITY);
  CHECK(becomes_ready(serve));
  CHECK(metrics_show(serve, "target=\"m-2\""));
  REQUIRE(eventually([&] { return !stage.receiver.events().empty(); }));
  CHECK(stage.receiver.events()[0].summary == "m-latest moved from m-1 to m-2");
  CHECK(stage.receiver.events().size() == 1);
}

TEST_CASE("in a folder that it may never write to modelvane ends with a sentence that says so") {
  Stage stage;
  const std::filesystem::path data = stage.folder.file("data");
  std::filesystem::create_directory(data);
  std::filesystem::permissions(
      data, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  Serve serve(stage.folder, stage.config(), Serve::Options{.obeys_permissions = true});
  CHECK(serve.process().wait(std::chrono::seconds{10}) == 1);
  CHECK(serve.process().transcript().find(data.string()) != std::string::npos);
  CHECK(serve.process().transcript().find("Permission denied") != std::string::npos);
}

TEST_CASE(
    "SIGTERM ends within ten seconds although a receiver hangs, and the event arrives after the "
    "next start") {
  Stage stage;
  const DeafServer deaf;
  {
    Serve serve(stage.folder, config_of(stage.upstream, deaf.url()));
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(metrics_show(serve, "target=\"m-1\""));
    stage.move();
    REQUIRE(deaf.is_called());
    serve.process().signal(SIGTERM);
    CHECK(serve.process().wait(std::chrono::seconds{10}) == 0);
  }
  Serve serve(stage.folder, stage.config());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(eventually([&] { return !stage.receiver.events().empty(); }));
  CHECK(stage.receiver.events()[0].type == "alias.moved");
}

TEST_CASE("the pages and metrics are served over IPv6, too") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), Serve::Options{.listen_address = "[::1]:0"});
  if (!serve.is_up() && serve.process().transcript().find("::1") != std::string::npos) {
    MESSAGE("this machine has no IPv6 loopback");
    return;
  }
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(get(serve.url("/-/healthy")).status == 200);
  CHECK(metrics_show(serve, "target=\"m-1\""));
}

TEST_CASE("an upstream that asks for a client certificate gets it, and one without it is refused") {
  const TempFolder folder;
  const test::PemFolder pem;
  const auto authority = test::make_authority("modelvane test");
  const auto server = test::make_leaf(authority);
  const auto client = test::make_leaf(authority);
  const auto ca = pem.write_certificate("ca.pem", authority);
  std::filesystem::create_directories(folder.file("v1"));
  folder.write("v1/models", model_list({{"m-latest", "m-1"}}, {"m-1"}).body);
  Process upstream(
      {.arguments = {"-C", folder.path(), "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0",
                     "-WWW", "-cert", pem.write_certificate("server.pem", server), "-key",
                     pem.write_key("server.key", server), "-CAfile", ca, "-Verify", "1",
                     "-verify_return_error"},
       .program = "/usr/bin/env"});
  const auto line = upstream.wait_for_line("ACCEPT");
  REQUIRE_MESSAGE(line, upstream.transcript());
  const auto port = line->substr(line->rfind(':') + 1);
  Serve serve(folder, fmt::format(R"(defaults: {{interval: 1s, timeout: 1s}}
endpoints:
  - {{name: with, url: "https://127.0.0.1:{0}/v1/models", aliases: [{{field: /ref_model}}],
     tls_config: {{ca_file: {1}, cert_file: {2}, key_file: {3}}}}}
  - {{name: without, url: "https://127.0.0.1:{0}/v1/models", aliases: [], tls_config: {{ca_file: {1}}}}}
)",
                                  port, ca, pem.write_certificate("client.pem", client),
                                  pem.write_key("client.key", client)));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(metrics_show(serve,
                     "modelvane_alias_info{endpoint=\"with\",alias=\"m-latest\",target=\"m-1\""));
  CHECK(metrics_show(serve, "modelvane_endpoint_up{endpoint=\"without\"} 0"));
}

TEST_CASE("probe contacts only what the config's egress rules allow") {
  Stage stage;
  const auto file =
      stage.folder.write("modelvane.yml", stage.config() + "egress: {deny: [127.0.0.0/8]}\n");
  Process probe({.arguments = {"probe", "m", "--config.file=" + file}});
  CHECK(probe.wait() == 1);
  CHECK_MESSAGE(probe.standard_output().find("FAILED") != std::string::npos, probe.transcript());
  CHECK(stage.upstream.requests() == 0);
}
