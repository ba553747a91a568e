// The real daemon before a real Alertmanager: alerts that fire once, outlive restarts of both
// sides, and end.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/system/alertmanager.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

struct Provider {
  FakeUpstream server{
      [](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1", "m-2"}); }};

  void move() {
    server.answer_with(
        [](const auto&) { return model_list({{"m-latest", "m-2"}}, {"m-1", "m-2"}); });
  }
  void fail() {
    server.answer_with([](const auto&) { return simulated::ServedReply{.status = 503}; });
  }
};

// `webhook` is what stands behind the format.
std::string config_of(const Provider& provider, const std::string& webhook) {
  return fmt::format(
      R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{moved: {{polls: 1}}, down: {{polls: 1}}, up: {{polls: 1}}}}}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
  - {{name: am, format: alertmanager, {}}}
)",
      provider.server.url(), webhook);
}

bool has_metric(const Serve& serve, const std::string& line) {
  return eventually(
      [&] { return get(serve.url("/metrics")).body.find(line) != std::string::npos; });
}

bool knows_alias(const Serve& serve) {
  return has_metric(serve, R"(modelvane_alias_info{endpoint="m",alias="m-latest",target="m-1")");
}

// webhook -> state of the delivery of that event
std::map<std::string, std::string> states(const TempFolder& folder, const std::string& type) {
  Process list{{.arguments = {"deliveries", "list", "--output", "json",
                              "--storage.path=" + folder.file("data")}}};
  CHECK(list.wait() == 0);
  std::map<std::string, std::string> states;
  for (const auto& row : Json::parse(list.standard_output())) {
    if (row["type"] == type) states[row["webhook"]] = row["state"];
  }
  return states;
}

}  // namespace

TEST_CASE(
    "a move fires once, whoever is restarted meanwhile, and is resolved and delivered at its end") {
  const TempFolder folder;
  Provider provider;
  Alertmanager alertmanager;
  const auto config =
      config_of(provider, fmt::format(R"(url: "{}", alert_duration: 20s)", alertmanager.url("")));
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(knows_alias(serve));
    provider.move();
    REQUIRE(eventually([&] { return alertmanager.notified("firing") == 1; }));
    REQUIRE(alertmanager.active() == 1);
    CHECK(alertmanager.alerts()[0]["labels"]["alertname"] == "ModelvaneAliasMoved");
    CHECK(alertmanager.alerts()[0]["labels"]["to"] == "m-2");
    CHECK(states(folder, "alias.moved")["am"] == "pending");
    CHECK(has_metric(serve, R"(modelvane_outbox_pending{webhook="am"} 0)"));
    // It comes back without its alerts, and hears of them at the next post.
    alertmanager.stop();
    alertmanager.start();
    REQUIRE(eventually([&] { return alertmanager.active() == 1; }));
    serve.process().kill();
  }
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(eventually([&] { return alertmanager.notified("resolved") == 1; }));
  CHECK(eventually([&] { return states(folder, "alias.moved")["am"] == "delivered"; }));
  CHECK(alertmanager.active() == 0);
  CHECK(alertmanager.notified("firing") == 1);
  CHECK(alertmanager.notified("resolved") == 1);
  CHECK(has_metric(serve, R"(modelvane_outbox_pending{webhook="am"} 0)"));
}

TEST_CASE("an endpoint that is down fires until it is up, over our kill -9") {
  const TempFolder folder;
  Provider provider;
  Alertmanager alertmanager;
  const auto config =
      config_of(provider, fmt::format(R"(url: "{}", alert_duration: 10s)", alertmanager.url("")));
  const std::string alert = "ModelvaneEndpointDown";
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(knows_alias(serve));
    provider.fail();
    REQUIRE(eventually([&] { return alertmanager.notified("firing", alert) == 1; }));
    serve.process().kill();
  }
  // What it held before is forgotten, so what it holds then came from the next life.
  alertmanager.stop();
  alertmanager.start();
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(eventually([&] { return alertmanager.holds(alert); }));
  // It is long over by alert_duration, which is for facts.
  const auto begun = std::chrono::steady_clock::now();
  CHECK(eventually([&] { return std::chrono::steady_clock::now() - begun > 11s; }));
  CHECK(alertmanager.holds(alert));
  CHECK(states(folder, "endpoint.down")["am"] == "pending");

  provider.move();
  REQUIRE(eventually([&] { return alertmanager.notified("resolved", alert) == 1; }));
  CHECK_FALSE(alertmanager.holds(alert));
  CHECK(alertmanager.notified("firing", alert) == 1);
  CHECK(states(folder, "endpoint.down")["am"] == "delivered");
  CHECK(eventually([&] { return states(folder, "endpoint.up")["am"] == "delivered"; }));
}

TEST_CASE("every living member of a cluster gets the alert at once, though another is dead") {
  const TempFolder folder;
  Provider provider;
  Alertmanager first;
  Alertmanager second;
  const auto dead = fmt::format("http://127.0.0.1:{}", free_port());
  Serve serve(folder, config_of(provider, fmt::format(R"(urls: ["{}", "{}", "{}"])", dead,
                                                      first.url(""), second.url(""))));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(knows_alias(serve));
  provider.move();
  // Before the dead one is tried for the second time.
  CHECK(
      eventually([&] { return first.notified("firing") == 1 && second.notified("firing") == 1; }));
  CHECK(get(serve.url("/metrics"))
            .body.find(R"(modelvane_delivery_failures_total{webhook="am/1",class="busy"} 1)") !=
        std::string::npos);
  CHECK(has_metric(serve, R"(modelvane_webhook_state{webhook="am/1",state="failing"} 1)"));
  CHECK(has_metric(serve, R"(modelvane_webhook_state{webhook="am/2",state="ok"} 1)"));
  CHECK(has_metric(serve, R"(modelvane_webhook_state{webhook="am/3",state="ok"} 1)"));
  CHECK(has_metric(serve, R"(modelvane_outbox_pending{webhook="am/1"} 1)"));
}
