// The presets: a table of all, one as YAML to copy from, or the page of the docs.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/process.h"
#include "daemon/commands/table.h"
#include "daemon/config/providers.h"
#include "daemon/config/recognise.h"
#include "daemon/config/spelling.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

const std::string& usual_place(const ProviderPreset& preset) {
  return preset.url.empty() ? preset.example : preset.url;
}

std::string where(const ProviderPreset& preset) {
  return preset.url.empty() ? "(yours) " + preset.example : preset.url;
}

void print_all() {
  std::vector<TableRow> rows{{"PROVIDER", "WHAT ITS LIST TELLS"}};
  for (const auto& preset : providers()) rows.push_back({preset.name, preset.tells});
  print_table(rows);
  fmt::print("\nmodelvane providers NAME shows one in full.\n");
}

Json to_json(const ProviderPreset& preset) {
  const auto& where = preset.url.empty() ? preset.example : preset.url;
  Json rules = Json::array();
  for (const auto& rule : reading_of(preset, where).rules) rules.push_back(label(rule.kind));
  return {{"provider", preset.name},
          {"title", preset.title},
          {"tells", preset.tells},
          {"trap", preset.trap},
          {"made_from", preset.made_from},
          {"url", preset.url.empty() ? Json(nullptr) : Json(preset.url)},
          {"rules", rules},
          {"echo_on_request", preset.has_question},
          {"key_variable", preset.key ? Json(preset.key->variable) : Json(nullptr)}};
}

int print_one(const std::string& name) {
  const auto* preset = find_provider(name);
  if (preset == nullptr) {
    fmt::print(stderr, "modelvane: there is no provider {}{}\n", in_quotes(name),
               did_you_mean(name, provider_names()));
    return kUsageError;
  }
  fmt::print("{} at {}\n{}\n{}\nMade from {}.\n\n{}", preset->title, where(*preset), preset->tells,
             preset->trap, preset->made_from, preset->yaml);
  return 0;
}

int match(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    fmt::print(stderr, "modelvane: {} cannot be read\n", in_quotes(path));
    return kUsageError;
  }
  const std::string body{std::istreambuf_iterator<char>{file}, {}};
  const auto found = provider_of_list(body);
  if (found.preset == nullptr) {
    fmt::print(
        "no provider's list is like this one; docs/CONFIGURATION.md says how to describe it\n");
    return 1;
  }
  fmt::print("{} ({}): {} models, {} aliases with a target\n\n{}", found.preset->name,
             found.preset->title, found.models, found.aliases,
             endpoint_yaml(*found.preset, usual_place(*found.preset)));
  return 0;
}

}  // namespace

int show_providers(const ProvidersOptions& options) {
  if (!options.match_file.empty()) return match(options.match_file);
  if (options.output == "markdown") {
    fmt::print("{}", providers_page());
  } else if (options.output == "json") {
    Json all = Json::array();
    for (const auto& preset : providers()) all.push_back(to_json(preset));
    fmt::print("{}\n", all.dump(2));
  } else if (options.output != "table") {
    fmt::print(stderr, "modelvane: --output is table, json or markdown\n");
    return kUsageError;
  } else if (!options.name.empty()) {
    return print_one(options.name);
  } else {
    print_all();
  }
  return 0;
}

}  // namespace modelvane
