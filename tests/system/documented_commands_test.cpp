// Every command line that our documents tell people to type, typed: in an empty folder, as on a
// system where the package is installed, while a daemon runs. What is not run is in a table with
// its reason, and the table holds nothing that the documents no longer have.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/docs/project.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using simulated::ServedReply;

namespace {

// Names the first program of a line that belongs to this test; "" = none does.
std::string program_of(std::string_view line) {
  for (const auto* program :
       {"modelvane", "build/release/modelvane", "./dev", "promtool", "amtool", "curl"}) {
    if (line == program || line.starts_with(std::string{program} + " ")) return program;
  }
  return "";
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Rights and users are the reader's; a comment is none of the shell's business.
std::string as_typed(std::string line) {
  line = trimmed(line);
  for (const auto* prefix : {"- ", "$ ", "sudo -u modelvane ", "sudo "}) {
    if (line.starts_with(prefix)) line.erase(0, std::string{prefix}.size());
  }
  if (const auto comment = line.find("  #"); comment != std::string::npos) line.resize(comment);
  // What follows needs a system that runs services.
  if (const auto service = line.find(" && systemctl"); service != std::string::npos)
    line.resize(service);
  return trimmed(line);
}

// Command line -> the first document that has it.
std::map<std::string, std::string> documented_lines() {
  std::map<std::string, std::string> lines;
  const auto take = [&lines](const std::string& text, const std::string& document) {
    const auto line = as_typed(text);
    if (!program_of(line).empty()) lines.try_emplace(line, document);
  };
  for (const auto& document : docs::documents()) {
    if (document == "CHANGELOG.md" || document == "docs/providers.md") continue;
    const auto text = docs::read(document);
    for (const auto* language : {"sh", "", "yaml", "console"}) {
      for (const auto& block : docs::code_blocks(text, language)) {
        std::istringstream stream{block};
        for (std::string line; std::getline(stream, line);) take(line, document);
      }
    }
    for (const auto& words : docs::in_backticks(text)) {
      // A name alone is no command line.
      if (words.find(' ') != std::string::npos && words.find('\n') == std::string::npos)
        take(words, document);
    }
  }
  return lines;
}

// Beginnings of lines that are not run, and why.
const std::map<std::string, std::string> kNotRun{
    {"./dev", "builds; this test is one of those that it runs"},
    {"build/release/modelvane probe https://", "asks a provider on the Internet"},
    {"modelvane demo", "runs until it is stopped: system_demo"},
    {"modelvane serve", "runs until it is stopped: every system test"},
    {"modelvane store", "needs a PostgreSQL of its own: cluster_store, cluster_system"},
    {"modelvane simulate", "runs until it is stopped: system_simulate"},
    {"curl -N", "names an option, not a whole command"},
    {"curl -u alice", "a host and a password of the reader's: system_web_config, system_remote"},
    {"promtool check web-config", "names a check, without its file: system_web_config"},
    {"promtool test rules", "names a check, without its file: prometheus"},
};

// Names of groups of commands and of commands without their arguments, where the text is about what
// they do: they must be told apart from what nobody knows.
const std::set<std::string> kNamesOnly{
    "modelvane deliveries",
    "modelvane deliveries drop",
    "modelvane deliveries retry",
    "modelvane pin",
    "modelvane pin accept",
    "modelvane pin remove",
    "modelvane diff",
    "modelvane render",
    "modelvane check-config FILE",
    "modelvane COMMAND --help",
    "modelvane help [COMMAND]",
};

// A system with the package: a daemon, its folders, Prometheus's files.
struct Installed {
  TempFolder system;
  TempFolder home;  // where people type
  FakeUpstream upstream{[](const auto&) {
    return model_list({{"internlm3-latest", "internlm3-8b-instruct"}}, {"internlm3-8b-instruct"});
  }};
  FakeUpstream receiver{[](const auto&) { return ServedReply{.status = 204}; }};
  FakeUpstream refusing{[](const auto&) { return ServedReply{.status = 400}; }};
  std::string config;
  std::unique_ptr<Serve> serve;

  Installed() {
    const auto text = fmt::format(
        "defaults: {{interval: 1s, timeout: 1s}}\n"
        "endpoints:\n"
        "  - {{name: internlm, url: \"{0}\", aliases: [{{field: /ref_model}}], pins: "
        "{{internlm3-latest: [internlm3-8b-instruct]}}}}\n"
        "  - {{name: gateway, url: \"{0}\", aliases: [{{field: /ref_model}}]}}\n"
        "webhooks:\n"
        "  - {{name: evaluation, url: \"{1}\"}}\n"
        "  - {{name: zulip, url: \"{1}\"}}\n"
        "  - {{name: broken, url: \"{2}\", events: [drill]}}\n",
        upstream.url(), receiver.url("/hook"), refusing.url("/hook"));
    serve = std::make_unique<Serve>(system, text);
    config = system.file("modelvane.yml");
    for (const auto* folder : {"config/prometheus", "config/alertmanager"}) {
      for (const auto& file : docs::files(folder, ".yml"))
        home.write(std::filesystem::path{file}.filename(), docs::read(file));
    }
    home.write("modelvane.yml", text);
    home.write("web.yml", "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    std::filesystem::create_directory(home.file("bin"));
    std::filesystem::create_symlink(MODELVANE_BINARY, home.file("bin/modelvane"));
  }

  struct Ran {
    int code = -1;
    std::string transcript;
  };
  Ran run(const std::string& line) const {
    Process process({.arguments = {"-c", fmt::format("cd {} && {}", home.path(), line)},
                     .environment = {{"PATH", home.file("bin") + ":/usr/bin:/bin"},
                                     {"MODELVANE_CONFIG_FILE", config},
                                     {"MODELVANE_STORAGE_PATH", system.file("data")}},
                     .program = "/bin/sh"});
    const auto code = process.wait();
    return {code.value_or(-1), process.transcript()};
  }

  // The reader's own values in place of the document's.
  std::string filled(std::string line) const {
    const std::vector<std::pair<std::string, std::string>> values{
        {"/etc/modelvane/modelvane.yml", config},
        {"/etc/prometheus/", home.path() + "/"},
        {"http://127.0.0.1:10178", serve->url("")},
        // Whose daemon listens where everybody's does.
        {"modelvane status", "modelvane status --url " + serve->url("")},
        {"localhost:10178", serve->url("").substr(7)},
        {" [NAME, PROVIDER or URL]", " internlm"},
        {" [NAME...]", " internlm"},
        {" [NAME]", ""},
        {"--alias NAME", "--alias internlm3-latest"},
        {"providers NAME", "providers internlm"},
        {" NAME", " internlm"},
        {" WEBHOOK EVENT", " evaluation alias.moved"},
        {"--storage.path FOLDER", "--storage.path " + system.file("data")},
        {"deliveries retry ID", "deliveries retry --webhook broken"},
        {"deliveries drop ID", "deliveries drop --webhook broken"},
    };
    for (const auto& [from, to] : values) {
      for (auto at = line.find(from); at != std::string::npos; at = line.find(from, at + to.size()))
        line.replace(at, from.size(), to);
    }
    return line;
  }
};

const std::string* reason_not_to_run(const std::string& line) {
  const auto found = std::ranges::find_if(
      kNotRun, [&line](const auto& each) { return line.starts_with(each.first); });
  return found == kNotRun.end() ? nullptr : &found->second;
}

}  // namespace

TEST_CASE("every command line of the documents does what it is there for") {
  Installed installed;
  REQUIRE_MESSAGE(installed.serve->is_up(), installed.serve->process().transcript());
  REQUIRE(eventually([&] { return get(installed.serve->url("/-/ready")).status == 200; }));
  // A dead letter, for what is done with one.
  installed.run("modelvane drill --webhook broken");
  installed.refusing.answer_with([](const auto&) { return ServedReply{.status = 204}; });
  const auto lines = documented_lines();
  std::set<std::string> used;
  int ran = 0;
  for (const auto& [line, document] : lines) {
    if (kNamesOnly.contains(line)) {
      used.insert(line);
      continue;
    }
    if (const auto* reason = reason_not_to_run(line)) {
      used.insert(*reason);
      MESSAGE("not run: " << line << " (" << document << "): " << *reason);
      continue;
    }
    CAPTURE(document);
    const auto typed = installed.filled(line);
    CAPTURE(typed);
    const auto result = installed.run(typed + " </dev/null");
    CHECK_MESSAGE(result.code == 0, result.transcript);
    ++ran;
  }
  CHECK(ran > 30);
  for (const auto& [line, reason] : kNotRun)
    CHECK_MESSAGE(used.contains(reason), "no document has it any longer: " << line);
  for (const auto& name : kNamesOnly)
    CHECK_MESSAGE(used.contains(name), "no document has it any longer: " << name);
}
