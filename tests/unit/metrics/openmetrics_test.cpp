// Against the parser of Prometheus's own client for Python, which takes nothing that the
// specification forbids. It is required, not optional.
#include <doctest/doctest.h>

#include <string>

#include "daemon/metrics/metrics.h"
#include "tests/unit/metrics/checker.h"
#include "tests/unit/metrics/sample_snapshot.h"

using namespace modelvane;
using namespace modelvane::test;

namespace {

constexpr const char* kParser = R"(
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
for family in families(sys.stdin.buffer.read().decode("utf-8")):
    for sample in family.samples:
        print(family.type, sample.name, sorted(sample.labels.items()), float(sample.value))
)";

Checked parse(const std::string& metrics) {
  return check_by(std::string{"/usr/bin/python3 -c '"} + kParser + "'", metrics);
}

bool has(const Checked& parsed, const std::string& line) {
  return parsed.output.find(line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the strict parser of OpenMetrics reads every type, name and value") {
  const auto parsed = parse(render_metrics(sample::snapshot(), MetricsFormat::OpenMetrics));
  INFO(parsed.output);
  REQUIRE(parsed.exit_code == 0);
  CHECK(has(parsed, "counter modelvane_web_refused_total [('cause', 'password')] 7.0"));
  CHECK(has(parsed, "gauge modelvane_isolated [] 0.0"));
  CHECK(has(parsed,
            "histogram modelvane_poll_duration_seconds_bucket [('endpoint', 'internlm'), ('le', "
            "'1.0'), ('team', 'search')] 2.0"));
  CHECK(has(parsed,
            "histogram modelvane_poll_duration_seconds_bucket [('endpoint', 'internlm'), ('le', "
            "'+Inf'), ('team', 'search')] 3.0"));
}

TEST_CASE("hostile names do not break OpenMetrics either") {
  auto view = sample::internlm();
  view.name = "e\"\\\n{}\xff";
  view.labels = {{"team", "a\\b"}};
  const auto parsed =
      parse(render_endpoint_metrics(sample::snapshot_of({view}, {}), MetricsFormat::OpenMetrics));
  INFO(parsed.output);
  CHECK(parsed.exit_code == 0);
  CHECK(parsed.output.find("('team', 'a\\\\b')") != std::string::npos);
}

TEST_CASE("the strict parser reads families of many series") {
  std::vector<EndpointView> views(1'500, sample::internlm());
  for (std::size_t i = 0; i < views.size(); ++i) views[i].name = "endpoint-" + std::to_string(i);
  const auto parsed =
      parse(render_endpoint_metrics(sample::snapshot_of(views, {}), MetricsFormat::OpenMetrics));
  REQUIRE(parsed.exit_code == 0);
  CHECK(has(parsed,
            "counter modelvane_polls_total [('endpoint', 'endpoint-1499'), ('team', 'search')] "
            "3.0"));
}

TEST_CASE("a text that was cut off is no whole one") {
  auto text = render_metrics(sample::snapshot(), MetricsFormat::OpenMetrics);
  text.resize(text.size() - 1);
  text.resize(text.rfind('\n') + 1);
  CHECK(parse(text).exit_code != 0);
}
