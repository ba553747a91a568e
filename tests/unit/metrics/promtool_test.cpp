// Prometheus's own checker on what we render. It is required, not optional: a skipped check
// protects nothing.
#include <doctest/doctest.h>

#include "daemon/metrics/metrics.h"
#include "tests/unit/metrics/checker.h"
#include "tests/unit/metrics/exposition.h"
#include "tests/unit/metrics/sample_snapshot.h"

using namespace modelvane;
using namespace modelvane::test;

namespace {

Checked promtool(const std::string& metrics) {
  return check_by("promtool check metrics", metrics);
}

}  // namespace

TEST_CASE("promtool finds nothing to say about the metrics") {
  const auto verdict = promtool(render_metrics(sample::snapshot()));
  INFO(verdict.output);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.output.empty());
}

TEST_CASE("promtool finds nothing to say about families of many series") {
  std::vector<EndpointView> views(1'500, sample::internlm());
  for (std::size_t i = 0; i < views.size(); ++i) views[i].name = "endpoint-" + std::to_string(i);
  const auto text = render_metrics(sample::snapshot_of(views, {}));
  CHECK(exposition::parse(text).count("modelvane_poll_failures_total") == 1'500 * kReasons.size());
  const auto verdict = promtool(text);
  INFO(verdict.output);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.output.empty());
}

TEST_CASE("promtool is there and does complain about bad metrics") {
  CHECK(promtool("# TYPE no_help gauge\nno_help 1\n").exit_code == 3);
  CHECK(promtool("not metrics at all\n").exit_code == 1);
}

TEST_CASE("hostile names do not break the text for promtool") {
  auto view = sample::internlm();
  view.name = "e\"\\\n{}\xff";
  view.labels = {{"team", "\xed\xa0\x80\n"}};
  KnownView known;
  known.has_baseline = true;
  known.aliases = {sample::alias("a\"} 1\nmodelvane_fake 1\n", std::string(5000, '\xfe'))};
  view.known = std::make_shared<const KnownView>(known);
  const auto verdict = promtool(render_metrics(sample::snapshot_of({view}, {})));
  INFO(verdict.output);
  CHECK(verdict.exit_code == 0);
}
