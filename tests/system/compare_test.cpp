// Endpoints of one compare group, in a real daemon whose clocks run fast, because a difference must
// outlast a rollout's half an hour.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/sanitized.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

using Json = nlohmann::json;

// Half an hour takes nine seconds.
const std::map<std::string, std::string> kFastClocks{
    {"LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"}, {"FAKETIME", "+0 x200"}};

// Two regions of one provider.
struct Regions {
  std::atomic<bool> eu_has_moved = false;
  TempFolder folder;
  FakeUpstream upstream{[this](const simulated::ServedRequest& request) {
    const bool is_second = request.path.find("/eu/") != std::string::npos && eu_has_moved;
    return model_list({{"m-latest", is_second ? "m-2" : "m-1"}}, {"m-1", "m-2"});
  }};
  Serve serve{folder,
              fmt::format(R"(defaults: {{interval: 20s, timeout: 15s, recheck: 10s}}
endpoints:
  - {{name: us, url: "{}", aliases: [{{field: /ref_model}}], compare: acme}}
  - {{name: eu, url: "{}", aliases: [{{field: /ref_model}}], compare: acme}}
)",
                          upstream.url("/us/v1/models"), upstream.url("/eu/v1/models")),
              kFastClocks};

  bool shows_gauge(int value) const {
    const auto series =
        fmt::format("modelvane_alias_disagrees{{group=\"acme\",alias=\"m-latest\"}} {}\n", value);
    return eventually(
        [&] { return get(serve.url("/metrics")).body.find(series) != std::string::npos; });
  }
  // The newest of the type.
  Json event(const std::string& type) const {
    const auto events =
        Json::parse(get(serve.url("/api/v1/events?type=" + type)).body).at("events");
    return events.empty() ? Json{} : events.front();
  }
};

}  // namespace

TEST_CASE(
    "endpoints of one group that differ for longer than a rollout takes are told, and so is its "
    "end") {
  if (kSanitizerSlowdown > 1) return;  // a sanitizer must be the first library that is loaded
  Regions regions;
  REQUIRE_MESSAGE(regions.serve.is_up(), regions.serve.process().transcript());
  REQUIRE(regions.shows_gauge(0));
  regions.eu_has_moved = true;
  REQUIRE_MESSAGE(regions.shows_gauge(1), regions.serve.process().transcript());

  const auto moved = regions.event("alias.moved");
  const auto told = regions.event("alias.disagrees");
  REQUIRE(told.is_object());
  CHECK(told["data"]["between"] == "compare");
  CHECK(told["data"]["group"] == "acme");
  CHECK(told["data"]["views"] ==
        Json::parse(R"([{"endpoint": "us", "rule": "field", "target": "m-1"},
                        {"endpoint": "eu", "rule": "field", "target": "m-2"}])"));
  const auto time_of = [](const Json& event) {
    return *parse_rfc3339(event.at("time").get<std::string>());
  };
  CHECK(time_of(told) - time_of(moved) >= std::chrono::minutes{29});

  const auto aliases = Json::parse(get(regions.serve.url("/api/v1/aliases")).body);
  for (const auto& alias : aliases.at("aliases")) CHECK(alias.at("disagrees") == true);

  regions.eu_has_moved = false;
  CHECK(regions.shows_gauge(0));
  CHECK(regions.event("alias.agrees").is_object());
}
