#include "daemon/metrics/metrics.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/unit/metrics/exposition.h"
#include "tests/unit/metrics/sample_snapshot.h"

using namespace modelvane;

namespace {

// Everything but process_*, which differs from run to run.
std::string without_process(const std::string& text) {
  std::istringstream lines{text};
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("process_") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void expect_no_duplicates(const exposition::Text& text) {
  std::set<std::string> seen;
  for (const auto& sample : text.samples) {
    // By parsed labels: the order of labels makes no other series.
    std::string key = sample.name;
    for (const auto& [name, value] : sample.labels) key += fmt::format("\x01{}\x02{}", name, value);
    CHECK_MESSAGE(seen.insert(key).second, "series twice: " << sample.series);
  }
}

EndpointView with_known(EndpointView view, const KnownView& known) {
  view.known = std::make_shared<const KnownView>(known);
  return view;
}

}  // namespace

TEST_CASE("the sample snapshot renders to the golden text") {
  const std::string path = std::string{MODELVANE_SOURCE} + "/tests/unit/metrics/metrics.prom";
  const auto text = without_process(render_metrics(sample::snapshot()));
  if (std::getenv("MODELVANE_UPDATE") != nullptr) std::ofstream{path, std::ios::binary} << text;
  CHECK(text == read_file(path));
}

TEST_CASE("no series occurs twice") {
  expect_no_duplicates(exposition::parse(render_metrics(sample::snapshot())));
}

TEST_CASE("names that look alike after cleaning give one series, the first") {
  KnownView known;
  known.has_baseline = true;
  known.aliases = {sample::alias("a\x01", "first"), sample::alias("a\x02", "second")};
  auto one = with_known(sample::gateway(), known);
  one.name = "e\x01";
  auto two = one;
  two.name = "e\x02";
  two.polls = 99;
  auto hook = sample::oncall();
  const auto text =
      exposition::parse(render_metrics(sample::snapshot_of({one, two}, {hook, hook})));
  expect_no_duplicates(text);
  CHECK(text.count("modelvane_polls_total") == 1);
  CHECK(text.count("modelvane_alias_info") == 1);
  CHECK(text.value("modelvane_alias_info{endpoint=\"e\xef\xbf\xbd\",alias=\"a\xef\xbf\xbd\",target="
                   "\"first\",rule=\"field\"}") == "1");
  CHECK(text.count("modelvane_dead_letters") == 1);
}

TEST_CASE("an endpoint's labels stand on each of its series") {
  const auto text = exposition::parse(render_metrics(sample::snapshot()));
  std::size_t seen = 0;
  for (const auto& sample : text.samples) {
    const auto endpoint = sample.labels.find("endpoint");
    if (endpoint == sample.labels.end() || endpoint->second != "internlm") continue;
    ++seen;
    CHECK_MESSAGE(sample.labels.contains("team"), sample.series);
  }
  CHECK(seen > 50);
}

TEST_CASE("a user's label cannot shadow one of modelvane's own, nor be no label at all") {
  auto view = sample::internlm();
  view.labels = {{"endpoint", "x"}, {"reason", "x"}, {"le", "x"}, {"__name__", "x"},
                 {"a-b", "x"},      {"", "x"},       {"9", "x"},  {"ok", "x"}};
  const auto text = exposition::parse(render_metrics(sample::snapshot_of({view}, {})));
  CHECK(text.value("modelvane_endpoint_up{endpoint=\"internlm\",ok=\"x\"}") == "1");
}

TEST_CASE("an alias has exactly one info series, and none while its target is hidden or gone") {
  const auto text = exposition::parse(render_metrics(sample::snapshot()));
  std::map<std::string, int> infos;
  for (const auto& sample : text.samples) {
    if (sample.name == "modelvane_alias_info") ++infos[sample.labels.at("alias")];
  }
  CHECK(infos == std::map<std::string, int>{{"internlm3-latest", 1},
                                            {"internvl-latest", 1},
                                            {"<img src=x onerror=alert(1)>", 1}});
  CHECK(text.value(R"(modelvane_aliases{endpoint="internlm",team="search",state="resolved"})") ==
        "3");
  CHECK(text.value(R"(modelvane_aliases{endpoint="internlm",team="search",state="undisclosed"})") ==
        "1");
  CHECK(text.value(R"(modelvane_aliases{endpoint="internlm",team="search",state="absent"})") ==
        "1");
}

TEST_CASE("what the store knows of an endpoint's availability is there before the first poll") {
  for (const auto& [availability, shown] :
       {std::pair{Availability::Down, "0"}, {Availability::Up, "1"}}) {
    auto known = std::make_shared<KnownView>();
    known->availability = availability;
    auto view = sample::gateway();
    view.known = known;
    const auto text = exposition::parse(render_metrics(sample::snapshot_of({view}, {})));
    CHECK(text.value(R"(modelvane_endpoint_up{endpoint="gateway"})") == shown);
  }
}

TEST_CASE("before the first poll only counters stand, and all of them at zero") {
  const auto text = exposition::parse(render_metrics(sample::snapshot_of({sample::gateway()}, {})));
  for (const auto* absent :
       {"modelvane_endpoint_up", "modelvane_poll_phase_seconds", "modelvane_poll_http_status_code",
        "modelvane_poll_body_bytes", "modelvane_last_poll_timestamp_seconds",
        "modelvane_catalog_models", "modelvane_catalog_quarantined", "modelvane_aliases",
        "modelvane_tls_certificate_expiry_timestamp_seconds"}) {
    CAPTURE(absent);
    CHECK(text.count(absent) == 0);
    CHECK_FALSE(text.types.contains(absent));
  }
  CHECK(text.value(R"(modelvane_polls_total{endpoint="gateway"})") == "0");
  CHECK(text.count("modelvane_poll_failures_total") == kReasons.size());
  CHECK(text.count("modelvane_events_total") == kEventTypes.size());
  CHECK(text.value(R"(modelvane_events_total{endpoint="gateway",type="alias.moved"})") == "0");
  CHECK(text.value(R"(modelvane_poll_duration_seconds_count{endpoint="gateway"})") == "0");
}

TEST_CASE("the expiry of a certificate stays after it has expired") {
  const auto text = exposition::parse(render_metrics(sample::snapshot()));
  CHECK(text.value(R"(modelvane_tls_certificate_expiry_timestamp_seconds{endpoint="dead"})") ==
        std::to_string(static_cast<long>(to_seconds(sample::noon())) - 86'400));
}

TEST_CASE("a histogram is cumulative and ends in +Inf") {
  const auto text = exposition::parse(render_metrics(sample::snapshot()));
  const std::string labels = R"(endpoint="internlm",team="search")";
  CHECK(text.value("modelvane_poll_duration_seconds_bucket{" + labels + ",le=\"0.1\"}") == "1");
  CHECK(text.value("modelvane_poll_duration_seconds_bucket{" + labels + ",le=\"1\"}") == "2");
  CHECK(text.value("modelvane_poll_duration_seconds_bucket{" + labels + ",le=\"+Inf\"}") == "3");
  CHECK(text.value("modelvane_poll_duration_seconds_count{" + labels + "}") == "3");
  CHECK(text.value("modelvane_poll_duration_seconds_sum{" + labels + "}") == "2.55");
}

TEST_CASE("counters end in _total and nothing else does") {
  const auto text = exposition::parse(render_metrics(sample::snapshot()));
  CHECK(text.types.size() > 35);
  for (const auto& [family, type] : text.types) {
    CAPTURE(family);
    CHECK(family.ends_with("_total") == (type == "counter"));
    CHECK(text.helps.contains(family));
  }
}

TEST_CASE("an empty daemon renders") {
  const auto text = exposition::parse(render_metrics(sample::empty_snapshot()));
  CHECK(text.value("modelvane_store_errors_total") == "0");
  CHECK(text.count("modelvane_config_last_reload_success_timestamp_seconds") == 0);
  CHECK(std::stod(text.value("process_resident_memory_bytes")) > 1e6);
  CHECK(std::stod(text.value("process_start_time_seconds")) > 1.6e9);
  CHECK(std::stod(text.value("process_open_fds")) >= 3);
}

TEST_CASE("views that are missing are left out") {
  auto snapshot = sample::snapshot();
  snapshot.endpoints.push_back(nullptr);
  snapshot.webhooks.push_back(nullptr);
  auto view = sample::internlm();
  view.name = "unknown";
  view.known = nullptr;
  snapshot.endpoints.push_back(std::make_shared<const EndpointView>(view));
  const auto text = exposition::parse(render_metrics(snapshot));
  CHECK(text.value(R"(modelvane_endpoint_up{endpoint="unknown",team="search"})") == "1");
}
