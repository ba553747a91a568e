// Programs that we did not write, against the real binary: promtool and Prometheus read the
// metrics, npm's standardwebhooks verifies the signature, npm's cloudevents parses the body,
// systemd-analyze judges the unit.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

const std::string kSecret = "whsec_dGVzdCBzZWNyZXQgb2YgbW9kZWx2YW5lLCAyNCBieXRlcw==";

struct Watched {
  TempFolder folder;
  FakeUpstream upstream{
      [](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1", "m-2"}); }};
  std::mutex mutex;
  std::vector<simulated::ServedRequest> deliveries;
  FakeUpstream receiver{[this](const auto& request) {
    const std::scoped_lock lock{mutex};
    deliveries.push_back(request);
    return simulated::ServedReply{.status = 204};
  }};
  Serve serve{folder, fmt::format(R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}], labels: {{team: search}}, pins: {{m-latest: [m-1]}}}}
webhooks:
  - {{name: w, url: "{}", signing: {{secrets: ["{}"]}}}}
)",
                                  upstream.url(), receiver.url("/hook"), kSecret)};

  Watched() {
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(shows("m-1"));
  }
  bool shows(const std::string& target) const {
    return eventually([&] {
      return get(serve.url("/metrics")).body.find(fmt::format("target=\"{}\"", target)) !=
             std::string::npos;
    });
  }
  void move() {
    upstream.answer_with(
        [](const auto&) { return model_list({{"m-latest", "m-2"}}, {"m-1", "m-2"}); });
  }
};

}  // namespace

TEST_CASE("promtool finds nothing to say about the metrics") {
  Watched watched;
  const auto metrics = watched.folder.write("metrics", get(watched.serve.url("/metrics")).body);
  Process promtool(
      {.arguments = {"-c", "promtool check metrics < '" + metrics + "'"}, .program = "/bin/sh"});
  CHECK(promtool.wait() == 0);
  CHECK(promtool.standard_output() + promtool.standard_error() == "");
}

TEST_CASE("a real Prometheus scrapes the daemon and knows the target of the alias") {
  Watched watched;
  const auto target = watched.serve.url("").substr(7);
  Prometheus prometheus(
      watched.folder,
      fmt::format("global: {{scrape_interval: 1s}}\nscrape_configs:\n  - {{job_name: modelvane, "
                  "static_configs: [{{targets: ['{}']}}]}}\n",
                  target));
  const auto asked = [&](const std::string& expected) {
    return eventually([&] {
      const auto result = prometheus.series("modelvane_alias_info");
      return result.size() == 1 && result[0]["metric"]["target"] == expected &&
             result[0]["metric"]["team"] == "search";
    });
  };
  CHECK_MESSAGE(asked("m-1"), prometheus.process().transcript());
  watched.move();
  CHECK(asked("m-2"));
}

TEST_CASE("npm's standardwebhooks verifies the signature and npm's cloudevents parses the body") {
  Watched watched;
  watched.move();
  REQUIRE(eventually([&] {
    const std::scoped_lock lock{watched.mutex};
    return !watched.deliveries.empty();
  }));
  nlohmann::json delivery;
  {
    const std::scoped_lock lock{watched.mutex};
    delivery = {{"secret", kSecret},
                {"headers", watched.deliveries[0].headers},
                {"body", watched.deliveries[0].body}};
  }
  const auto file = watched.folder.write("delivery.json", delivery.dump());
  Process node({.arguments = {"node", MODELVANE_TESTS "/system/verify.cjs", file},
                .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  CHECK(node.standard_output() == "verified m/m-latest io.modelvane.alias.moved\n");
}

TEST_CASE("probe is a gate: exit code 0 while the pin holds, 1 when the alias has left it") {
  Watched watched;
  const auto config = "--config.file=" + watched.folder.file("modelvane.yml");
  Process before({.arguments = {"probe", "m", config}});
  CHECK(before.wait() == 0);
  CHECK(before.standard_output().find("m-latest  ->  m-1  (field)  pin ok") != std::string::npos);
  watched.move();
  Process after({.arguments = {"probe", config, "--output", "json"}});
  CHECK(after.wait() == 1);
  CHECK(nlohmann::json::parse(after.standard_output())[0]["broken_pins"][0] == "m-latest");
}

TEST_CASE("systemd accepts the unit and finds it well protected") {
  TempFolder folder;
  std::ifstream file{MODELVANE_TESTS "/../systemd/modelvane.service"};
  std::string unit;
  for (std::string line; std::getline(file, line);)
    unit += std::regex_replace(line, std::regex{"=/usr/bin/modelvane.*"}, "=/bin/true") + "\n";
  const auto path = folder.write("modelvane.service", unit);
  Process verify({.arguments = {"verify", path}, .program = "/usr/bin/systemd-analyze"});
  CHECK_MESSAGE(verify.wait() == 0, verify.transcript());
  Process security({.arguments = {"security", "--offline=true", "--threshold=20", path},
                    .program = "/usr/bin/systemd-analyze"});
  CHECK_MESSAGE(security.wait() == 0, security.transcript());
}
