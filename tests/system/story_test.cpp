// The promises that only the whole program can keep: a change is reported once, signed, also across
// kill -9, restart and reload.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>

#include "daemon/simulate/receiver.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

const std::string kSecret = "whsec_dGVzdCBzZWNyZXQgb2YgbW9kZWx2YW5lLCAyNCBieXRlcw==";

// One endpoint, one webhook, one daemon's folder.
struct Stage {
  TempFolder folder;
  FakeUpstream upstream{
      [](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1", "m-2"}); }};
  simulated::Receiver receiver{{.secrets = {kSecret}}};

  Stage() { REQUIRE(receiver.start()); }

  std::string config(const std::string& more = "") const {
    return fmt::format(R"(instance: test
defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{down: {{polls: 2}}}}}}
endpoints:
  - {{name: m, provider: internlm, url: "{}", authorization: {{credentials_env: TEST_KEY}}}}
webhooks:
  - {{name: w, url_env: TEST_HOOK, signing: {{secrets_env: [TEST_SECRET]}}}}
{})",
                       upstream.url(), more);
  }
  std::map<std::string, std::string> environment() const {
    return {{"TEST_KEY", "key-that-must-not-show"},
            {"TEST_HOOK", receiver.url()},
            {"TEST_SECRET", kSecret}};
  }
  void move_to(const std::string& target) {
    upstream.answer_with(
        [target](const auto&) { return model_list({{"m-latest", target}}, {"m-1", "m-2"}); });
  }
  bool has_baseline(const Serve& serve) const {
    return eventually([&] {
      return get(serve.url("/metrics")).body.find("target=\"m-1\"") != std::string::npos;
    });
  }
  bool receives(std::size_t count) const {
    return eventually([&] { return receiver.events().size() >= count; });
  }
};

// The service manager's end of sd_notify(3): a socket that takes a datagram for each state.
class ServiceManager {
 public:
  explicit ServiceManager(const std::string& path)
      : path_(path), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    REQUIRE(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  }
  ~ServiceManager() { ::close(fd_); }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  const std::string& path() const { return path_; }
  // Whatever comes before is passed over: the watchdog's keep-alives come all the time.
  bool hears(std::string_view state) const {
    std::array<char, 256> buffer{};
    for (;;) {
      const auto size = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (size < 0) return false;
      if (std::string_view{buffer.data(), static_cast<std::size_t>(size)}.starts_with(state))
        return true;
    }
  }

 private:
  std::string path_;
  int fd_;
};

}  // namespace

TEST_CASE("a move is reported once, signed, and no secret shows anywhere") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.has_baseline(serve));
  CHECK(stage.receiver.events().empty());
  stage.move_to("m-2");
  REQUIRE(stage.receives(1));
  // Enough further polls for a second report, were there one.
  CHECK(stage.upstream.wait_for_requests(4));
  const auto events = stage.receiver.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "alias.moved");
  CHECK(events[0].subject == "m/m-latest");
  CHECK(events[0].is_signed);
  const std::string metrics = get(serve.url("/metrics")).body;
  CHECK(metrics.find("target=\"m-2\"") != std::string::npos);
  CHECK(metrics.find("target=\"m-1\"") == std::string::npos);

  serve.process().signal(SIGTERM);
  CHECK(serve.process().wait() == 0);
  for (const std::string& text : {serve.process().transcript(), metrics, events[0].body}) {
    CHECK(text.find("key-that-must-not-show") == std::string::npos);
    CHECK(text.find(kSecret.substr(6)) == std::string::npos);
  }
}

TEST_CASE(
    "a move that happened while modelvane was killed is reported at the next start, from the old "
    "target") {
  Stage stage;
  {
    Serve serve(stage.folder, stage.config(), stage.environment());
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(stage.has_baseline(serve));
    serve.process().kill();
  }
  stage.move_to("m-2");
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.receives(1));
  CHECK(stage.receiver.events()[0].summary == "m-latest moved from m-1 to m-2");
}

TEST_CASE("an event that could not be delivered survives kill -9 and arrives with the same id") {
  Stage stage;
  stage.receiver.answer_with(503);
  {
    Serve serve(stage.folder, stage.config(), stage.environment());
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(stage.has_baseline(serve));
    stage.move_to("m-2");
    REQUIRE(eventually([&] { return stage.receiver.counts().requests >= 1; }));
    serve.process().kill();
  }
  stage.receiver.answer_with(0);
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.receives(1));
  CHECK(stage.receiver.events()[0].type == "alias.moved");
  CHECK(stage.receiver.counts().taken == 1);
}

TEST_CASE(
    "SIGHUP applies a changed file as a whole, and keeps the old one when the new has a mistake") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.has_baseline(serve));

  stage.folder.write("modelvane.yml", stage.config("endpointz: []\n"));
  serve.process().signal(SIGHUP);
  CHECK(eventually([&] {
    return get(serve.url("/metrics")).body.find("modelvane_config_last_reload_successful 0") !=
           std::string::npos;
  }));

  stage.folder.write("modelvane.yml", stage.config("storage: {retention: 10d}\n"));
  serve.process().signal(SIGHUP);
  CHECK(eventually([&] {
    return get(serve.url("/metrics")).body.find("modelvane_config_last_reload_successful 1") !=
           std::string::npos;
  }));
  // What was known before the reload is known after it: this is a move, not a new baseline.
  stage.move_to("m-2");
  CHECK(stage.receives(1));
}

TEST_CASE("the service manager hears of start, life, reload and end") {
  Stage stage;
  const ServiceManager manager{stage.folder.file("notify")};
  auto environment = stage.environment();
  environment["NOTIFY_SOCKET"] = manager.path();
  environment["WATCHDOG_USEC"] = "500000";
  Serve serve(stage.folder, stage.config(), environment);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(manager.hears("READY=1"));
  CHECK(manager.hears("WATCHDOG=1"));
  serve.process().signal(SIGHUP);
  CHECK(manager.hears("RELOADING=1"));
  CHECK(manager.hears("READY=1"));
  serve.process().signal(SIGTERM);
  CHECK(manager.hears("STOPPING=1"));
  CHECK(serve.process().wait() == 0);
}

TEST_CASE("history tells beside the running daemon what happened, and what an alias pointed to") {
  Stage stage;
  Serve serve(stage.folder, stage.config(), stage.environment());
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(stage.has_baseline(serve));
  stage.move_to("m-2");
  REQUIRE(stage.receives(1));
  const std::string store = "--storage.path=" + stage.folder.file("data");
  Process events({.arguments = {"history", store, "--alias", "m-latest"}});
  CHECK(events.wait() == 0);
  CHECK_MESSAGE(events.standard_output().find("m-1 -> m-2") != std::string::npos,
                events.transcript());
  Process now({.arguments = {"history", store, "--at", "0s"}});
  CHECK(now.wait() == 0);
  CHECK_MESSAGE(now.standard_output().find("m-2") != std::string::npos, now.transcript());
  CHECK(now.standard_output().find("m-1") == std::string::npos);
}
