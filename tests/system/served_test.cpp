// A real Prometheus that scrapes the metrics of each convention which counts requests by the model
// asked for and the one that answered, and the daemon that learns targets from it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

// Fifty requests a second, answered by one model and, after a switch, by another.
class Gateway {
 public:
  void change() { changed_ = count(); }

  simulated::ServedReply metrics() const {
    const auto now = count();
    const auto first = changed_ >= 0 ? changed_.load() : now;
    const std::string body = counters("m-1", first) + counters("m-2", now - first);
    return {.status = 200, .content_type = "text/plain; version=0.0.4", .body = body};
  }

 private:
  long count() const {
    const auto lasted = std::chrono::steady_clock::now() - started_;
    return 50 * std::chrono::duration_cast<std::chrono::milliseconds>(lasted).count() / 1000;
  }
  static std::string counters(const std::string& target, long count) {
    return fmt::format(
        "gen_ai_client_operation_duration_seconds_count{{gen_ai_request_model=\"m\","
        "gen_ai_response_model=\"{0}\"}} {1}\n"
        "gen_ai_server_request_duration_seconds_count{{gen_ai_original_model=\"m\","
        "gen_ai_request_model=\"m-override\",gen_ai_response_model=\"{0}\"}} {1}\n"
        "litellm_deployment_success_responses_total{{requested_model=\"m\","
        "litellm_model_name=\"{0}\",api_provider=\"acme\"}} {1}\n",
        target, count);
  }

  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<long> changed_ = -1;
};

constexpr const char* kConfig = R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}
endpoints:
  - name: own
    url: "{0}"
    aliases:
      - served:
          url: "{1}"
          query: >-
            sum by (gen_ai_request_model, gen_ai_response_model)
            (increase(gen_ai_client_operation_duration_seconds_count[4s]))
          alias: gen_ai_request_model
          target: gen_ai_response_model
          interval: 1s
  - {{name: otel, url: "{0}", aliases: [{{served: {{url: "{1}", source: opentelemetry, interval: 1s}}}}]}}
  - {{name: envoy, url: "{0}", aliases: [{{served: {{url: "{1}", source: envoy_ai_gateway, interval: 1s}}}}]}}
  - {{name: litellm, url: "{0}", aliases: [{{served: {{url: "{1}", source: litellm, interval: 1s}}}}]}}
)";

}  // namespace

TEST_CASE(
    "targets are learnt from a real Prometheus, for each convention, and move with the traffic") {
  TempFolder folder;
  Gateway gateway;
  FakeUpstream exporter{[&](const auto&) { return gateway.metrics(); }};
  FakeUpstream list{[](const auto&) { return model_list({}, {"m-1", "m-2"}); }};
  const auto scraped = exporter.url("").substr(7);
  Prometheus prometheus(
      folder,
      fmt::format("global: {{scrape_interval: 1s}}\nscrape_configs:\n  - {{job_name: gateway, "
                  "static_configs: [{{targets: ['{}']}}]}}\n",
                  scraped));
  Serve serve{folder, fmt::format(kConfig, list.url(), prometheus.url())};
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const auto shows = [&](const std::string& endpoint, const std::string& target) {
    const auto series = fmt::format(
        R"(modelvane_alias_info{{endpoint="{}",alias="m",target="{}",rule="served"}} 1)", endpoint,
        target);
    return eventually(
        [&] { return get(serve.url("/metrics")).body.find(series) != std::string::npos; });
  };
  for (const auto* endpoint : {"own", "otel", "envoy", "litellm"}) {
    CAPTURE(endpoint);
    CHECK_MESSAGE(shows(endpoint, "m-1"), prometheus.process().transcript());
  }
  CHECK(
      get(serve.url("/metrics"))
          .body.find(R"(modelvane_alias_served_share{endpoint="own",alias="m",target="m-1"} 1)") !=
      std::string::npos);
  gateway.change();
  CHECK(shows("own", "m-2"));
  // Whose window holds the requests from before the switch, too.
  CHECK(shows("otel", "m-1,m-2"));
}
