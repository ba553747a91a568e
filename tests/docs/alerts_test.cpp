// Alerts, runbooks, dashboards and documents among each other: one page per alert, and no metric or
// command that is not there.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <regex>
#include <set>

#include "tests/docs/project.h"

namespace {

std::vector<YAML::Node> rules_in(const std::string& path) {
  std::vector<YAML::Node> rules;
  for (const auto& group : YAML::Load(docs::read(path))["groups"]) {
    for (const auto& rule : group["rules"]) rules.push_back(rule);
  }
  return rules;
}

std::vector<YAML::Node> alerts() {
  return rules_in("config/prometheus/modelvane.alerts.yml");
}

std::set<std::string> alert_names() {
  std::set<std::string> names;
  for (const auto& alert : alerts()) names.insert(alert["alert"].as<std::string>());
  return names;
}

// Every series that may be asked for: documented families (a histogram's parts, too) and recorded
// ones.
std::set<std::string> known_series() {
  std::set<std::string> known{"modelvane_"};  // the prefix, spoken of
  for (const auto& row : docs::table_rows(docs::read("docs/METRICS.md"))) {
    if (row.cells.size() < 2 || docs::in_backticks(row.cells[0]).empty()) continue;
    const auto name = docs::in_backticks(row.cells[0])[0];
    known.insert(name);
    if (row.cells[1] != "histogram") continue;
    for (const auto* part : {"_bucket", "_sum", "_count"}) known.insert(name + part);
  }
  for (const auto& rule : rules_in("config/prometheus/modelvane.rules.yml"))
    known.insert(rule["record"].as<std::string>());
  return known;
}

std::set<std::string> series_in(const std::string& text) {
  // Names of other things ("urn:modelvane:...") are found, too, and left out.
  static const std::regex kSeries{
      "(urn:|endpoint:|modelvane:)?modelvane_[a-z0-9_]+(:[a-z0-9_]+)?|"
      "(urn:)?modelvane:[a-z_]+:[a-z_]+"};
  std::set<std::string> found;
  for (auto i = std::sregex_iterator(text.begin(), text.end(), kSeries);
       i != std::sregex_iterator{}; ++i) {
    if (!i->str().starts_with("urn:")) found.insert(i->str());
  }
  return found;
}

std::vector<std::string> files_with_queries() {
  auto all = docs::documents();
  for (const auto* folder : {"config/prometheus", "tests/prometheus"}) {
    for (const auto& file : docs::files(folder, ".yml")) all.push_back(file);
  }
  for (const auto& file : docs::files("dashboards", ".json")) all.push_back(file);
  return all;
}

// The calls of modelvane in code: in backticks and in shell blocks, without the comments behind
// them.
std::vector<std::string> calls_in(const std::string& markdown) {
  static const std::regex kCall{"(^|[\\s/;|&])modelvane ([a-z][^\n#;|&]*)"};
  std::vector<std::string> found;
  auto texts = docs::code_blocks(markdown, "sh");
  for (const auto& text : docs::in_backticks(markdown)) {
    if (text.starts_with("modelvane ")) texts.push_back(text);
  }
  for (const auto& text : texts) {
    for (auto i = std::sregex_iterator(text.begin(), text.end(), kCall);
         i != std::sregex_iterator{}; ++i)
      found.push_back((*i)[2]);
  }
  return found;
}

// The command of a call, and its options.
std::vector<std::string> words_of(const std::string& call) {
  static const std::regex kOption{"--[a-z.-]+"};
  std::vector<std::string> words{call.substr(0, call.find(' '))};
  for (auto i = std::sregex_iterator(call.begin(), call.end(), kOption);
       i != std::sregex_iterator{}; ++i)
    words.push_back(i->str());
  return words;
}

// Where commands and their words are named.
std::string command_line() {
  return docs::read("daemon/commands/command_line.cpp") + docs::read("daemon/main.cpp");
}

}  // namespace

TEST_CASE("every alert has a severity, a summary, a description and its own runbook") {
  CHECK(alert_names().size() > 15);
  for (const auto& alert : alerts()) {
    const auto name = alert["alert"].as<std::string>();
    CAPTURE(name);
    const auto severity = alert["labels"]["severity"].as<std::string>("");
    // None: it is there to mute others.
    CHECK((severity == "critical" || severity == "warning" || severity == "none"));
    CHECK(alert["annotations"]["summary"].as<std::string>("").size() > 10);
    CHECK(alert["annotations"]["description"].as<std::string>("").size() > 20);
    // Where no modelvane is there, there is none to ask for its runbook.
    if (name != "ModelvaneAbsent") {
      const auto link = alert["annotations"]["runbook_url"].as<std::string>("");
      CHECK(link.find("/runbooks/" + name) != std::string::npos);
    }
    CHECK(docs::exists("docs/runbooks/" + name + ".md"));
  }
}

TEST_CASE(
    "every runbook belongs to an alert and says what it means, what users feel, how to check and "
    "what to do") {
  for (const auto& path : docs::files("docs/runbooks", ".md")) {
    CAPTURE(path);
    const auto name = path.substr(path.rfind('/') + 1, path.size() - path.rfind('/') - 4);
    CHECK(alert_names().contains(name));
    const auto text = docs::read(path);
    CHECK(text.starts_with("# " + name + "\n"));
    for (const auto* part :
         {"**Meaning.**", "**What users feel.**", "**Check.**", "**What to do.**"}) {
      CHECK_MESSAGE(text.find(part) != std::string::npos, "no " << part);
    }
  }
}

TEST_CASE("every alert is tested by promtool, firing and silent") {
  std::map<std::string, std::set<bool>> tested;
  for (const auto& file : docs::files("tests/prometheus", ".test.yml")) {
    for (const auto& test : YAML::Load(docs::read(file))["tests"]) {
      for (const auto& at : test["alert_rule_test"]) {
        tested[at["alertname"].as<std::string>()].insert(at["exp_alerts"].IsDefined());
      }
    }
  }
  for (const auto& name : alert_names()) CHECK_MESSAGE(tested[name].size() == 2, name);
}

TEST_CASE("no rule, dashboard or document asks for a metric that is not documented") {
  const auto known = known_series();
  CHECK(known.size() > 50);
  for (const auto& file : files_with_queries()) {
    for (const auto& series : series_in(docs::read(file))) {
      CHECK_MESSAGE(known.contains(series), file << " speaks of " << series);
    }
  }
}

TEST_CASE("no document speaks of a command or an option that modelvane does not have") {
  const auto source = command_line();
  int calls = 0;
  for (const auto& file : docs::documents()) {
    for (const auto& call : calls_in(docs::read(file))) {
      ++calls;
      for (const auto& word : words_of(call)) {
        CHECK_MESSAGE(source.find('"' + word + '"') != std::string::npos,
                      file << ": modelvane " << call);
      }
    }
  }
  CHECK(calls > 30);
}

TEST_CASE("README.md has every command in its table") {
  static const std::regex kCommand{R"~(app\.add_subcommand\(\s*"([a-z-]+)")~"};
  const auto source = command_line();
  std::string table;
  for (const auto& row : docs::table_rows(docs::read("README.md"))) {
    if (row.heading == "Commands") table += row.cells.at(0);
  }
  int commands = 0;
  for (auto i = std::sregex_iterator(source.begin(), source.end(), kCommand);
       i != std::sregex_iterator{}; ++i) {
    ++commands;
    CHECK_MESSAGE(table.find("`modelvane " + i->str(1)) != std::string::npos, i->str(1));
  }
  CHECK(commands >= 6);
}
