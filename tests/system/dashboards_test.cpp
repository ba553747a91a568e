// The dashboards and rules that users get, in a real Prometheus that scrapes the real daemon: every
// query finds data, no rule fails, and an alert on a move goes through a real Alertmanager.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <regex>
#include <sstream>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"
#include "tests/unit/simulate/exchange.h"
#include "tests/unit/transport/certificates.h"
#include "tests/unit/transport/fake_server.h"

using namespace modelvane;
using namespace system_test;
using nlohmann::json;

namespace {

// What this world has no data for: none of its models ends, and of 30 days a value is read each
// hour, of which none has passed.
const std::vector<std::string> kComing{"modelvane_model_retirement_timestamp_seconds",
                                       ":ratio_rate30d", ":remaining_ratio30d"};

// Where an alias moves to. In Slack's markup it would call everybody.
const std::string kHostile = "<!channel>&m-2";

const std::string kProject = MODELVANE_TESTS "/..";

std::string read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  REQUIRE_MESSAGE(text.find(from) != std::string::npos, "nothing to replace: " << from);
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// A daemon with all that the dashboards show: an endpoint with TLS, one that fails now and then, an
// alias that moves off its pin, a webhook that takes events and one that does not.
struct Watched {
  TempFolder folder;
  test::PemFolder pem;
  test::Identity authority = test::make_authority("test");
  test::TlsContext tls = test::server_context(test::make_leaf(authority));
  test::FakeServer secured{[](test::Connection& connection) {
                             connection.read_head();
                             connection.reply(200, model_list({{"s-latest", "s-1"}}, {"s-1"}).body);
                           },
                           tls.get()};
  std::atomic<bool> has_moved{false};
  std::atomic<int> polls{0};
  FakeUpstream shaky{[this](const auto&) {
    if (++polls % 2 == 0) return simulated::ServedReply{.status = 503};
    return model_list({{"m-latest", has_moved ? kHostile : "m-1"}}, {"m-1", kHostile});
  }};
  FakeUpstream taker{[](const auto&) { return simulated::ServedReply{.status = 204}; }};
  FakeUpstream refuser{[](const auto&) { return simulated::ServedReply{.status = 503}; }};
  Serve serve{folder, fmt::format(R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}
endpoints:
  - {{name: secured, url: "https://127.0.0.1:{}/v1/models", aliases: [{{field: /ref_model}}], tls_config: {{ca_file: "{}"}}}}
  - {{name: shaky, url: "{}", aliases: [{{field: /ref_model}}], labels: {{team: search}}, pins: {{m-latest: [m-1]}}}}
webhooks:
  - {{name: taker, url: "{}"}}
  - {{name: refuser, url: "{}"}}
)",
                                  secured.port(), pem.write_certificate("ca.pem", authority),
                                  shaky.url(), taker.url("/hook"), refuser.url("/hook"))};

  Watched() { REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript()); }
  std::string address() const { return serve.url("").substr(std::string{"http://"}.size()); }
};

// The project's own Prometheus configuration, only hurried: everything once a second, for this
// daemon and this Alertmanager.
std::string hurried_config(const Watched& watched, int alertmanager_port) {
  const auto folder = kProject + "/config/prometheus/";
  const std::string rules = "modelvane.rules.yml";
  const std::string alerts = "modelvane.alerts.yml";
  watched.folder.write(rules, replaced(read(folder + rules), "interval: 5m", "interval: 1s"));
  watched.folder.write(alerts, read(folder + alerts));
  auto config = replaced(read(folder + "prometheus.yml"), "_interval: 30s", "_interval: 1s");
  config = replaced(config, "127.0.0.1:10178", watched.address());
  return replaced(config, "127.0.0.1:9093", fmt::format("127.0.0.1:{}", alertmanager_port));
}

struct DashboardQuery {
  std::string where;
  std::string expr;
};

bool is_of_one_endpoint(const std::string& expr) {
  return expr.find("=\"$endpoint\"") != std::string::npos;
}

// As Grafana asks when the job stands at `job` and every other variable at "all"; where only one
// value is allowed, at `endpoint`.
std::string substituted(const std::string& expr, const std::string& endpoint,
                        const std::string& job = ".*") {
  auto text = std::regex_replace(expr, std::regex{R"(="\$endpoint")"}, "=\"" + endpoint + "\"");
  text = std::regex_replace(text, std::regex{R"(\$job)"}, job);
  text = std::regex_replace(text, std::regex{R"(\$(endpoint|alias|instance|webhook))"}, ".*");
  text = std::regex_replace(text, std::regex{R"(\$(__rate_interval|__range))"}, "5m");
  REQUIRE_MESSAGE(!std::regex_search(text, std::regex{R"(\$[_a-z])"}),
                  "unknown variable in " << text);
  return text;
}

std::vector<DashboardQuery> queries_of(const json& dashboard) {
  const std::string title = dashboard["title"];
  std::vector<DashboardQuery> all;
  for (const auto& panel : dashboard["panels"]) {
    if (panel["type"] == "row") continue;
    for (const auto& target : panel["targets"])
      all.push_back({title + " / " + panel["title"].get<std::string>(), target["expr"]});
  }
  for (const auto& annotation : dashboard["annotations"]["list"]) {
    if (annotation.contains("expr"))
      all.push_back({title + " / " + annotation["name"].get<std::string>(), annotation["expr"]});
  }
  static const std::regex kValues{R"(label_values\((.*), (\w+)\))"};
  static const std::regex kResult{R"(query_result\((.*)\))"};
  for (const auto& variable : dashboard["templating"]["list"]) {
    if (variable["type"] != "query") continue;
    const std::string definition = variable["definition"];
    const auto expr = std::regex_replace(definition, kValues, "group by ($2) ($1)");
    all.push_back({title + " / $" + variable["name"].get<std::string>(),
                   std::regex_replace(expr, kResult, "$1")});
  }
  return all;
}

std::vector<json> dashboards() {
  std::vector<json> all;
  for (const auto& entry : std::filesystem::directory_iterator(kProject + "/dashboards")) {
    if (entry.path().extension() == ".json") all.push_back(json::parse(read(entry.path())));
  }
  return all;
}

// The expressions that documents show in PromQL: each line of a block that is no comment.
std::vector<std::string> documented_expressions() {
  static const std::regex kBlock{"```promql\n([^`]*)```"};
  std::vector<std::string> all;
  for (const auto* document : {"/docs/METRICS.md", "/docs/RECIPES.md"}) {
    const auto text = read(kProject + document);
    for (auto block = std::sregex_iterator(text.begin(), text.end(), kBlock);
         block != std::sregex_iterator{}; ++block) {
      std::istringstream lines{(*block)[1]};
      for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line[0] != '#') all.push_back(line);
      }
    }
  }
  return all;
}

bool is_coming(const std::string& expr) {
  return std::ranges::any_of(
      kComing, [&](const auto& metric) { return expr.find(metric) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "every query of every dashboard finds data in a Prometheus that scrapes the daemon, and no "
    "rule fails there") {
  Watched watched;
  Prometheus prometheus(watched.folder, hurried_config(watched, free_port()));
  REQUIRE(eventually(
      [&] { return !prometheus.series("modelvane_alias_info{alias=\"m-latest\"}").empty(); }));
  watched.has_moved = true;

  const auto all = dashboards();
  CHECK(all.size() == 3);
  for (const auto& dashboard : all) {
    for (const auto& [where, expr] : queries_of(dashboard)) {
      for (const auto* endpoint : {"secured", "shaky"}) {
        // Only the shaky one fails and moves, only the secured one has a certificate.
        const bool is_of_one = is_of_one_endpoint(expr);
        const bool needs_secured = expr.find("certificate") != std::string::npos;
        if (is_coming(expr) || (is_of_one && needs_secured != (std::string{endpoint} == "secured")))
          continue;
        const auto query = substituted(expr, endpoint);
        CHECK_MESSAGE(eventually([&] { return !prometheus.series(query).empty(); }),
                      where << ": " << query);
        if (!is_of_one) break;
      }
    }
  }

  const auto expressions = documented_expressions();
  CHECK(expressions.size() >= 5);
  for (const auto& expr : expressions)
    CHECK_MESSAGE(prometheus.series(expr).is_array(), "refused: " << expr);

  const auto groups = prometheus.data("rules")["groups"];
  CHECK(groups.size() >= 8);
  for (const auto& group : groups) {
    for (const auto& rule : group["rules"]) {
      CHECK_MESSAGE(rule["health"] == "ok", rule["name"] << ": " << rule.value("lastError", ""));
    }
  }
}

namespace {

// Each series of an answer, by its labels but for the job, with its value.
std::map<std::string, double> by_labels(const json& answer) {
  std::map<std::string, double> all;
  for (const auto& series : answer) {
    auto labels = series["metric"];
    labels.erase("job");
    all[labels.dump()] = std::stod(series["value"][1].get<std::string>());
  }
  return all;
}

// The same series, and of each what is the same figure: scrapes are not of the same instant, so
// counts that grow differ a little.
bool is_same(const json& one, const json& other) {
  const auto ones = by_labels(one);
  const auto others = by_labels(other);
  return std::ranges::equal(ones, others, [](const auto& a, const auto& b) {
    const double bigger = std::max(std::abs(a.second), std::abs(b.second));
    return a.first == b.first && std::abs(a.second - b.second) <= std::max(0.4, bigger / 5);
  });
}

}  // namespace

TEST_CASE(
    "two daemons that watch the same, under a label of Prometheus's own called endpoint, show the "
    "figures of one") {
  Watched watched;
  auto config = hurried_config(watched, free_port());
  config += fmt::format(R"(
  - job_name: pair
    static_configs:
      - {{targets: ["{0}"], labels: {{instance: "a:1", endpoint: http}}}}
      - {{targets: ["{0}"], labels: {{instance: "b:1", endpoint: http}}}}
)",
                        watched.address());
  Prometheus prometheus(watched.folder, config);
  REQUIRE(eventually(
      [&] { return prometheus.series("modelvane_alias_info{alias=\"m-latest\"}").size() == 3; }));
  watched.has_moved = true;
  REQUIRE(eventually([&] {
    return prometheus.series("modelvane_alias_info{target=\"" + kHostile + "\"}").size() == 3;
  }));

  for (const auto& dashboard : dashboards()) {
    // That of the daemon tells of each instance, as it should.
    if (dashboard["uid"] == "modelvane-daemon") continue;
    for (const auto& [where, expr] : queries_of(dashboard)) {
      if (is_coming(expr) || where.ends_with("$job") || where.ends_with("$instance") ||
          where.ends_with("$page"))
        continue;
      const auto* endpoint = expr.find("certificate") == std::string::npos ? "shaky" : "secured";
      json alone;
      json pair;
      const bool same = eventually([&] {
        alone = prometheus.series(substituted(expr, endpoint, "modelvane"));
        pair = prometheus.series(substituted(expr, endpoint, "pair"));
        return !alone.empty() && is_same(alone, pair);
      });
      CHECK_MESSAGE(same, where << "\nof one: " << alone.dump() << "\nof two: " << pair.dump());
    }
  }
}

namespace {

// The project's own Alertmanager configuration; only its secrets and PagerDuty's address are the
// test's.
std::string local_config(const Watched& watched, const FakeUpstream& receiver) {
  auto config = read(kProject + "/config/alertmanager/alertmanager.yml");
  config = replaced(config, "/etc/alertmanager/slack.url",
                    watched.folder.write("slack.url", receiver.url("/slack")));
  config = replaced(config, "/etc/alertmanager/pagerduty.key",
                    watched.folder.write("pagerduty.key", "key"));
  return watched.folder.write(
      "alertmanager.yml",
      config + fmt::format("global: {{pagerduty_url: '{}'}}\n", receiver.url("/pagerduty")));
}

// What came in, by path.
class Told {
 public:
  void add(const simulated::ServedRequest& request) {
    const std::scoped_lock lock{mutex_};
    bodies_.emplace_back(request.path, json::parse(request.body));
  }
  // The first body for `path` that contains `text`; null when there is none.
  json find(const std::string& path, const std::string& text) {
    const std::scoped_lock lock{mutex_};
    for (const auto& [at, body] : bodies_) {
      if (at == path && body.dump().find(text) != std::string::npos) return body;
    }
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, json>> bodies_;  // under mutex_
};

}  // namespace

TEST_CASE(
    "a real Alertmanager tells the channel of a move, in harmless words, and on-call of the broken "
    "pin") {
  Told told;
  FakeUpstream receiver{[&](const auto& request) {
    told.add(request);
    return simulated::ServedReply{.content_type = "text/plain", .body = "ok"};
  }};
  Watched watched;
  const int port = free_port();
  Process alertmanager({.arguments = {"--config.file=" + local_config(watched, receiver),
                                      "--storage.path=" + watched.folder.file("alertmanager"),
                                      fmt::format("--web.listen-address=127.0.0.1:{}", port),
                                      "--cluster.listen-address="},
                        .program = "/usr/bin/prometheus-alertmanager"});
  Prometheus prometheus(watched.folder, hurried_config(watched, port));
  REQUIRE_MESSAGE(eventually([&] {
                    return !prometheus.series("modelvane_alias_info{alias=\"m-latest\"}").empty();
                  }),
                  prometheus.process().transcript());
  watched.has_moved = true;

  REQUIRE_MESSAGE(eventually([&] { return !told.find("/slack", "m-latest moved").is_null(); }),
                  alertmanager.transcript());
  const auto message = told.find("/slack", "m-latest moved")["attachments"][0];
  CHECK(message["title"] == "shaky: m-latest moved to &lt;!channel&gt;&amp;m-2");
  const std::string text = message["text"];
  CHECK(text.starts_with("The alias m-latest of shaky now points to &lt;!channel&gt;&amp;m-2."));
  CHECK(text.find("<" + watched.serve.url("/runbooks/ModelvaneAliasMoved") + "|Runbook>") !=
        std::string::npos);

  REQUIRE_MESSAGE(eventually([&] { return !told.find("/pagerduty", "not approved").is_null(); }),
                  alertmanager.transcript());
  const auto page = told.find("/pagerduty", "not approved");
  CHECK(page["event_action"] == "trigger");
  CHECK(page["routing_key"] == "key");
}
