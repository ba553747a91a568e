// docs/METRICS.md against the renderer: every family with its type and labels, in both directions.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "daemon/metrics/metrics.h"
#include "tests/unit/metrics/exposition.h"
#include "tests/unit/metrics/sample_snapshot.h"

using namespace modelvane;

namespace {

struct Entry {
  std::string type;
  std::set<std::string> labels;
  friend bool operator==(const Entry&, const Entry&) = default;
};
using Entries = std::map<std::string, Entry>;

std::string joined(const std::set<std::string>& labels) {
  std::string text;
  for (const auto& label : labels) text += (text.empty() ? "" : ", ") + label;
  return text;
}

// Rows of the form | `name` | type | `label`, `label` | meaning |
Entries documented() {
  std::ifstream file{std::string{MODELVANE_SOURCE} + "/docs/METRICS.md"};
  static const std::regex kRow{R"(^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$)"};
  static const std::regex kLabel{"`([a-z_]+)`"};
  Entries entries;
  for (std::string line; std::getline(file, line);) {
    std::smatch row;
    if (!std::regex_match(line, row, kRow)) continue;
    Entry entry{.type = row[2]};
    const std::string labels = row[3];
    for (auto i = std::sregex_iterator(labels.begin(), labels.end(), kLabel);
         i != std::sregex_iterator{}; ++i) {
      entry.labels.insert((*i)[1]);
    }
    CHECK_MESSAGE(entries.emplace(row[1], entry).second, "documented twice: " << row[1]);
  }
  return entries;
}

Entries rendered() {
  auto view = sample::internlm();
  view.labels.clear();
  const auto text =
      exposition::parse(render_metrics(sample::snapshot_of({view}, {sample::oncall()})));
  Entries entries;
  for (const auto& [family, type] : text.types) entries[family].type = type;
  for (const auto& sample : text.samples) {
    for (const auto& [label, value] : sample.labels) {
      if (label != "le") entries[text.family_of(sample)].labels.insert(label);
    }
  }
  return entries;
}

}  // namespace

TEST_CASE("docs/METRICS.md names every family with its type and labels, and no other") {
  const auto in_document = documented();
  const auto in_text = rendered();
  CHECK(in_text.size() > 35);
  for (const auto& [name, entry] : in_text) {
    CAPTURE(name);
    REQUIRE_MESSAGE(in_document.contains(name), "not documented: " << name);
    CHECK(in_document.at(name).type == entry.type);
    CHECK(joined(in_document.at(name).labels) == joined(entry.labels));
  }
  for (const auto& [name, entry] : in_document)
    CHECK_MESSAGE(in_text.contains(name), "documented but never rendered: " << name);
}
