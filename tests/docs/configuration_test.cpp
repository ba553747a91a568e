// docs/CONFIGURATION.md against the loader. The loader itself tells its keys: an unknown key is
// answered with those that are known there, so that every map of the configuration is found by
// trying one inside each key.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "daemon/config/load_config.h"
#include "daemon/config/web_config.h"
#include "daemon/events/webhook_format.h"
#include "daemon/text/glob.h"
#include "tests/docs/project.h"

using namespace modelvane;

namespace {

// Like no real key, so that nothing is "probably meant".
const std::string kUnknown = "qqqqqqqqqqqq";
constexpr int kDepthMax = 6;
// A place in the configuration: how it is written in YAML around what stands there, and how people
// call it.
struct Place {
  std::string before;
  std::string after;
  std::string name;      // "endpoints.list"
  std::string beside{};  // keys that stand there already: "format: slack, "

  Place inside(const std::string& key, const std::string& open, const std::string& close,
               const std::string& called) const {
    return {before + "{" + beside + key + ": " + open, close + "}" + after,
            called.empty() ? name : name + (name.empty() ? "" : ".") + called};
  }
};

// The keys that the loader knows at a place; none when no map with known keys stands there.
std::vector<std::string> keys_at(const Place& place) {
  const auto parsed = parse_config(
      fmt::format("{}{{{}{}: 1}}{}", place.before, place.beside, kUnknown, place.after),
      "docs.yml");
  if (parsed) return {};
  const std::string mark = kUnknown + ": unknown key; known here: ";
  for (const auto& error : parsed.error()) {
    const auto at = error.sentence.find(mark);
    if (at == std::string::npos) continue;
    std::vector<std::string> keys;
    std::istringstream list{error.sentence.substr(at + mark.size())};
    for (std::string key; list >> key;)
      keys.push_back(key.back() == ',' ? key.substr(0, key.size() - 1) : key);
    return keys;
  }
  return {};
}

// Every key that holds no map of its own, as a dotted path; "*" stands for a name of the user's.
void collect(const Place& place, std::set<std::string>& leaves, int depth) {
  for (const auto& key : keys_at(place)) {
    const std::array forms{place.inside(key, "", "", key), place.inside(key, "[", "]", key),
                           place.inside(key, "{user: ", "}", key + ".*")};
    bool is_map = false;
    for (const auto& form : forms) {
      if (depth == kDepthMax || keys_at(form).empty()) continue;
      is_map = true;
      collect(form, leaves, depth + 1);
    }
    if (!is_map) leaves.insert(place.name.empty() ? key : place.name + "." + key);
  }
}

std::set<std::string> loader_keys() {
  std::set<std::string> leaves;
  collect({}, leaves, 0);
  // Some keys are maps only for some formats.
  for (const auto& format : kFormats) {
    collect({"{webhooks: [", "]}", "webhooks", fmt::format("format: {}, ", format.name)}, leaves,
            1);
  }
  std::erase_if(leaves, [&](const std::string& key) {
    const auto below = leaves.lower_bound(key + ".");
    return below != leaves.end() && below->starts_with(key + ".");
  });
  return leaves;
}

// A documented row: its keys, and all that it says.
struct Entry {
  std::string key;
  std::string text;
};

// "`tls_config.cert_file`, `key_file`" names tls_config.key_file as well.
std::vector<Entry> documented() {
  std::vector<Entry> entries;
  for (const auto& row : docs::table_rows(docs::read("docs/CONFIGURATION.md"))) {
    if (row.heading == "How values are written" || row.heading == "Secrets" ||
        row.heading.starts_with("The provider"))
      continue;
    std::string text;
    for (const auto& cell : row.cells) text += cell + " ";
    std::string parent;
    for (auto key : docs::in_backticks(row.cells.at(0))) {
      if (const auto dot = key.rfind('.'); dot != std::string::npos) {
        parent = key.substr(0, dot + 1);
      } else {
        key = parent + key;
      }
      entries.push_back({key, text});
    }
  }
  return entries;
}

// Whether `path` of the loader, without its container ("endpoints."), is `pattern` of the document.
bool is_called(const std::string& path, const std::string& pattern) {
  for (auto at = std::string::size_type{0}; at != std::string::npos;) {
    if (glob_matches(pattern, path.substr(at))) return true;
    const auto dot = path.find('.', at);
    at = dot == std::string::npos ? dot : dot + 1;
  }
  return false;
}

bool names_secret(const Entry& entry) {
  return docs::has_word(entry.text, "secret") || docs::has_word(entry.text, "secrets");
}

// By its own row; as the _env or _file of a secret; or as a word in the row of the map that holds
// it.
bool is_documented(const std::string& path, const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    if (is_called(path, entry.key)) return true;
    for (const auto* ending : {"_env", "_file"}) {
      if (path.ends_with(ending) && names_secret(entry) &&
          is_called(path.substr(0, path.size() - std::string{ending}.size()), entry.key))
        return true;
    }
    const auto dot = path.rfind('.');
    if (dot == std::string::npos) continue;
    auto parent = path.substr(0, dot);
    if (parent.ends_with(".*")) parent.resize(parent.size() - 2);
    if (is_called(parent, entry.key) && docs::has_word(entry.text, path.substr(dot + 1)))
      return true;
  }
  return false;
}

// A key of the document may also be a map ("confirm.moved"): then keys below it are the loader's.
bool is_known(const std::string& key, const std::set<std::string>& paths) {
  for (auto path : paths) {
    while (true) {
      if (is_called(path, key)) return true;
      const auto dot = path.rfind('.');
      if (dot == std::string::npos) break;
      path.resize(dot);
    }
  }
  return false;
}

// Examples name variables and files that are the reader's.
bool is_about_missing_file(const ConfigError& error) {
  return std::ranges::any_of(
      std::array{"environment variable ", "cannot read file ", "there is no file "},
      [&](const char* part) { return error.sentence.find(part) != std::string::npos; });
}

// A block of a document becomes a whole configuration.
std::string completed(const std::string& block) {
  return docs::has_word(block, "endpoints:") &&
                 ("\n" + block).find("\nendpoints:") != std::string::npos
             ? block
             : block +
                   "\nendpoints: [{name: example, url: \"https://example.com\", aliases: []}]\n";
}

}  // namespace

TEST_CASE("docs/CONFIGURATION.md describes every key that the loader knows") {
  const auto keys = loader_keys();
  CHECK(keys.size() > 60);
  CHECK(keys.contains("endpoints.confirm.moved.polls"));
  CHECK(keys.contains("endpoints.http_headers.*.value_env"));
  CHECK(keys.contains("webhooks.signing.secrets_file"));
  const auto entries = documented();
  for (const auto& key : keys) {
    CHECK_MESSAGE(is_documented(key, entries), "not documented: " << key);
  }
}

TEST_CASE("docs/CONFIGURATION.md describes no key that the loader does not know") {
  const auto keys = loader_keys();
  for (const auto& entry : documented())
    CHECK_MESSAGE(is_known(entry.key, keys), "documented, but not known: " << entry.key);
}

TEST_CASE("every example of a configuration is accepted") {
  int examples = 0;
  for (const auto& document : docs::documents()) {
    for (const auto& block : docs::code_blocks(docs::read(document), "yaml")) {
      if (!block.starts_with("endpoints:") && !block.starts_with("webhooks:") &&
          !block.starts_with("defaults:") && !block.starts_with("service_discovery:"))
        continue;
      ++examples;
      const auto parsed = parse_config(completed(block), document);
      if (parsed) continue;
      for (const auto& error : parsed.error()) {
        if (!is_about_missing_file(error)) FAIL_CHECK(to_text(error) << "\nin\n" << block);
      }
    }
  }
  CHECK(examples > 3);
  const auto example = load_config(std::string{MODELVANE_SOURCE} + "/config/modelvane.yml");
  if (!example) CHECK(std::ranges::all_of(example.error(), is_about_missing_file));
}

TEST_CASE(
    "docs/WEB-CONFIGURATION.md has the keys that the loader knows, and examples that it accepts") {
  constexpr auto kDocument = "docs/WEB-CONFIGURATION.md";
  const auto text = docs::read(kDocument);
  int keys = 0;
  for (const auto* section : {"tls_server_config", "http_server_config"}) {
    const auto parsed =
        parse_web_config(fmt::format("{}: {{{}: 1}}", section, kUnknown), kDocument);
    REQUIRE_FALSE(parsed);
    for (const auto& error : parsed.error()) {
      const auto at = error.sentence.find("known here: ");
      if (at == std::string::npos) continue;
      std::istringstream list{error.sentence.substr(at + 12)};
      for (std::string key; list >> key; ++keys) {
        if (key.ends_with(',')) key.pop_back();
        CHECK_MESSAGE(docs::has_word(text, key), "not documented: " << key);
      }
    }
  }
  CHECK(keys > 10);
  const auto blocks = docs::code_blocks(text, "yaml");
  CHECK_FALSE(blocks.empty());
  for (const auto& block : blocks) {
    const auto parsed = parse_web_config(block, kDocument);
    if (!parsed) CHECK(std::ranges::all_of(parsed.error(), is_about_missing_file));
  }
}
