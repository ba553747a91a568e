// Endpoints that come from elsewhere than modelvane.yml, with the real program: files and lists
// that change under it, servers that answer nonsense, and a socket that was open before it.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using simulated::ServedReply;

namespace {

constexpr const char* kDefaults = "defaults: {interval: 1s, timeout: 1s}\n";

FakeUpstream models() {
  return FakeUpstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
}

std::string endpoint(const std::string& name, const FakeUpstream& upstream) {
  return fmt::format("{{name: {}, url: \"{}\", aliases: [{{field: /ref_model}}]}}", name,
                     upstream.url());
}

bool shows(const Serve& serve, const std::string& text) {
  return get(serve.url("/metrics")).body.find(text) != std::string::npos;
}

bool comes_to_show(const Serve& serve, const std::string& text) {
  return eventually([&] { return shows(serve, text); });
}

std::string up(const std::string& name) {
  return fmt::format("modelvane_endpoint_up{{endpoint=\"{}\"}} 1", name);
}

struct Ran {
  int code = -1;
  std::string transcript;
};

Ran run(std::vector<std::string> arguments) {
  Process process({.arguments = std::move(arguments)});
  const auto code = process.wait();
  return {code.value_or(-1), process.transcript()};
}

// A list with one target for each name.
ServedReply targets(const FakeUpstream& upstream, const std::vector<std::string>& names) {
  std::string groups;
  for (const auto& name : names)
    groups += fmt::format(R"({}{{"targets": ["{}"], "labels": {{"__name": "{}"}}}})",
                          groups.empty() ? "" : ",", upstream.url(), name);
  return {.body = "[" + groups + "]"};
}

constexpr const char* kTemplate =
    "{name: \"{{labels.__name}}\", url: \"{{target}}\", aliases: [{field: /ref_model}]}";

}  // namespace

TEST_CASE("further files are read, and read again when one changes, comes or goes") {
  auto upstream = models();
  const TempFolder folder;
  std::filesystem::create_directory(folder.file("conf.d"));
  folder.write("conf.d/a.yml", "endpoints: [" + endpoint("a", upstream) + "]\n");
  Serve serve(folder,
              fmt::format("{}include: [conf.d/*.yml]\nendpoints: [{}]\n", kDefaults,
                          endpoint("own", upstream)),
              Serve::Options{.arguments = {"--config.auto-reload-interval=200ms"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(comes_to_show(serve, up("own")));
  CHECK(comes_to_show(serve, up("a")));

  folder.write("conf.d/b.yml", "endpoints: [" + endpoint("b", upstream) + "]\n");
  CHECK(comes_to_show(serve, up("b")));

  // A file with an error changes nothing, and both log and metric tell.
  folder.write("conf.d/b.yml", "endpoints: [{name: b, urll: x}]\n");
  CHECK(comes_to_show(serve, "modelvane_config_last_reload_successful 0"));
  CHECK(serve.process().wait_for_line("conf.d/b.yml:1:23: endpoints[0].urll: unknown key"));
  CHECK(shows(serve, up("b")));

  std::filesystem::remove(folder.file("conf.d/b.yml"));
  CHECK(comes_to_show(serve, "modelvane_config_last_reload_successful 1"));
  CHECK(eventually([&] { return !shows(serve, up("b")); }));
  CHECK(shows(serve, up("own")));
}

TEST_CASE("files of targets are looked at again, and one that is broken takes nothing away") {
  auto upstream = models();
  const TempFolder folder;
  std::filesystem::create_directory(folder.file("targets"));
  folder.write("targets/a.json", targets(upstream, {"one"}).body);
  const auto config =
      fmt::format("{}service_discovery: [{{name: racks, files: [targets/*.json], endpoint: {}}}]\n",
                  kDefaults, kTemplate);
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(comes_to_show(serve, up("one")));
  CHECK(shows(serve, "modelvane_service_discovery_up{source=\"racks\"} 1"));

  const auto check = run({"check-config", folder.file("modelvane.yml")});
  CHECK_MESSAGE(check.code == 0, check.transcript);
  CHECK(check.transcript.find("1 endpoint, 0 webhooks, fine") != std::string::npos);

  folder.write("targets/a.json", targets(upstream, {"one", "two"}).body);
  CHECK(comes_to_show(serve, up("two")));

  folder.write("targets/a.json", "[{\"targets\": [");
  CHECK(comes_to_show(serve, "modelvane_service_discovery_up{source=\"racks\"} 0"));
  CHECK(serve.process().wait_for_line("service discovery: the last good list counts"));
  CHECK(shows(serve, up("two")));
  CHECK(shows(serve, "modelvane_service_discovery_endpoints{source=\"racks\"} 2"));
  CHECK(run({"check-config", folder.file("modelvane.yml")}).code == 2);

  folder.write("targets/a.json", targets(upstream, {"two"}).body);
  CHECK(eventually([&] { return !shows(serve, up("one")); }));
  CHECK(shows(serve, up("two")));
  // A list is not the configuration: nothing was reloaded, nothing failed.
  CHECK(shows(serve, "modelvane_config_last_reload_successful 1"));
}

TEST_CASE("a list behind a URL keeps counting through bad answers, and over a restart without it") {
  auto upstream = models();
  FakeUpstream lists([&](const auto&) { return targets(upstream, {"one", "two"}); });
  const TempFolder folder;
  const auto config = fmt::format(
      "{}service_discovery: [{{url: \"{}\", refresh: 1s, authorization: {{credentials: k-77}}, "
      "endpoint: {}}}]\n",
      kDefaults, lists.url("/targets"), kTemplate);
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    CHECK(comes_to_show(serve, up("one")));
    CHECK(comes_to_show(serve, up("two")));

    lists.answer_with([](const auto&) {
      return ServedReply{.status = 503, .content_type = "text/html", .body = "<p>busy</p>"};
    });
    CHECK(comes_to_show(serve, "modelvane_service_discovery_up{source=\"1\"} 0"));
    lists.answer_with([](const auto&) { return ServedReply{.body = "{\"targets\": []}"}; });
    REQUIRE(lists.wait_for_requests(3));
    // One empty list may be a server that has just started.
    CHECK(shows(serve, up("one")));
    CHECK(shows(serve, up("two")));
    // One that never comes holds nobody up.
    lists.answer_with(
        [](const auto&) { return ServedReply{.body = "[]", .delay = std::chrono::seconds{20}}; });
    REQUIRE(lists.wait_for_requests(1));
    REQUIRE(upstream.wait_for_requests(4));
    CHECK(get(serve.url("/-/ready")).status == 200);
  }
  lists.answer_with([](const auto&) { return ServedReply{.status = 500}; });
  Serve again(folder, config);
  REQUIRE_MESSAGE(again.is_up(), again.process().transcript());
  CHECK(comes_to_show(again, up("one")));
  CHECK(comes_to_show(again, up("two")));
  CHECK(get(again.url("/api/v1/events")).body.find("unwatched") == std::string::npos);

  // The end of all targets counts when it is said twice.
  lists.answer_with([](const auto&) { return ServedReply{.body = "[]"}; });
  CHECK(eventually([&] { return !shows(again, up("one")) && !shows(again, up("two")); }));
  CHECK(again.process().transcript().find("k-77") == std::string::npos);
}

TEST_CASE("a reload that does not go with what was discovered changes nothing") {
  auto upstream = models();
  FakeUpstream lists([&](const auto&) { return targets(upstream, {"one"}); });
  const TempFolder folder;
  const auto config = [&](const std::string& own) {
    return fmt::format("{}endpoints: [{}]\nservice_discovery: [{{url: \"{}\", endpoint: {}}}]\n",
                       kDefaults, endpoint(own, upstream), lists.url("/targets"), kTemplate);
  };
  Serve serve(folder, config("own"));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(comes_to_show(serve, up("one")));
  folder.write("modelvane.yml", config("one"));
  serve.process().signal(SIGHUP);
  CHECK(comes_to_show(serve, "modelvane_config_last_reload_successful 0"));
  CHECK(shows(serve, up("own")));
  CHECK(shows(serve, up("one")));
}

TEST_CASE("the daemon listens on the socket that the service manager holds") {
  auto upstream = models();
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", fmt::format("{}endpoints: [{}]\n", kDefaults, endpoint("m", upstream)));
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, generic, size) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  REQUIRE(::getsockname(listener, generic, &size) == 0);
  // As systemd does: descriptor 3, and the variables of sd_listen_fds(3).
  Process serve(
      {.arguments = {"-c", fmt::format("export LISTEN_PID=$$ LISTEN_FDS=1; exec {} serve "
                                       "--config.file {} --storage.path {} "
                                       "--web.systemd-socket 3<&{}",
                                       MODELVANE_BINARY, config, folder.file("data"), listener)},
       .program = "/bin/sh"});
  REQUIRE_MESSAGE(serve.wait_for_line("modelvane started"), serve.transcript());
  const auto url = fmt::format("http://127.0.0.1:{}/-/healthy", ntohs(address.sin_port));
  CHECK(get(url).status == 200);
  ::close(listener);

  const auto without = run({"serve", "--config.file", config, "--storage.path",
                            folder.file("other"), "--web.systemd-socket"});
  CHECK(without.code == 1);
  CHECK(without.transcript.find("no socket was given; start modelvane.socket") !=
        std::string::npos);
}
