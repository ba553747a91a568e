#include "daemon/config/providers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "daemon/config/access_field.h"
#include "daemon/config/alias_rule_field.h"
#include "daemon/config/field.h"
#include "daemon/config/reading_field.h"
#include "daemon/config/yaml_node.h"
#include "provider_files.h"

namespace modelvane {
namespace {

std::span<const std::string_view> preset_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all{"provider",  "title",        "tells", "trap",
                                      "made_from", "signs",        "url",   "example",
                                      "key",       "http_headers", "ask"};
    all.insert(all.end(), reading_keys().begin(), reading_keys().end());
    return all;
  }();
  return keys;
}

std::string text_of(const Fields& fields, std::string_view key) {
  const auto* field = fields.find(key);
  return field == nullptr ? "" : field->text("text").value_or("");
}

ProviderKey read_key(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"variable"}, std::string_view{"or"},
                                    std::string_view{"type"}, std::string_view{"header"},
                                    std::string_view{"optional"}};
  ProviderKey key;
  const auto fields = field.fields(kKeys);
  if (!fields) return key;
  key.variable = text_of(*fields, "variable");
  if (const auto* others = fields->find("or")) {
    for (const auto& other : others->list("names of variables").value_or(std::vector<Field>{}))
      key.others.push_back(other.text("the name of a variable").value_or(""));
  }
  if (const auto* type = fields->find("type")) key.type = type->text("a scheme").value_or("");
  key.header = text_of(*fields, "header");
  if (const auto* is_optional = fields->find("optional"))
    key.is_optional = is_optional->boolean().value_or(false);
  return key;
}

std::vector<Sign> read_signs(const Field& field) {
  std::vector<Sign> signs;
  for (const auto& item : field.list("signs").value_or(std::vector<Field>{})) {
    const auto text = item.text("a pointer, or pointer=text").value_or("");
    const auto equals = text.find('=');
    signs.push_back(
        {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)});
  }
  return signs;
}

constexpr const char* kFile = "providers.yml";
constexpr std::string_view kYaml = kProviderFiles.front().text;

Field whole(const YamlNode& node, Findings& findings) {
  return Field{node, node.at, "", findings};
}

Reading read_list_of(const YamlNode& node, const std::string& list_url, Findings& findings) {
  Reading reading;
  if (const auto fields = whole(node, findings).fields(preset_keys()))
    read_reading(*fields, list_url, reading);
  return reading;
}

AliasRule read_question_of(const YamlNode& node, const std::string& list_url, Findings& findings) {
  std::vector<AliasRule> rules;
  const auto fields = whole(node, findings).fields(preset_keys());
  const auto* ask = fields ? fields->find("ask") : nullptr;
  if (ask != nullptr) read_alias_rule(*ask, list_url, rules);
  return rules.empty() ? AliasRule{} : rules.front();
}

ProviderPreset read_preset(const YamlNodePtr& node, Findings& findings) {
  ProviderPreset preset;
  preset.node = node;
  const auto fields = whole(*node, findings).fields(preset_keys());
  if (!fields) return preset;
  preset.name = text_of(*fields, "provider");
  preset.title = text_of(*fields, "title");
  preset.tells = text_of(*fields, "tells");
  preset.trap = text_of(*fields, "trap");
  preset.made_from = text_of(*fields, "made_from");
  if (const auto* signs = fields->find("signs")) preset.signs = read_signs(*signs);
  preset.url = text_of(*fields, "url");
  preset.example = text_of(*fields, "example");
  if (const auto* key = fields->find("key")) preset.key = read_key(*key);
  preset.headers = read_access(*fields, {}).http_headers;
  preset.has_question = fields->find("ask") != nullptr;
  // Only for its errors.
  read_list_of(*node, usual_url(preset), findings);
  read_question_of(*node, usual_url(preset), findings);
  return preset;
}

// Entry n of the file, without its comments: what stands from one "- provider:" to the next.
std::vector<std::string> entries_of(std::string_view yaml) {
  constexpr std::string_view kBegin = "\n- provider: ";
  std::vector<std::string> entries;
  for (auto at = yaml.find(kBegin); at != std::string_view::npos;) {
    const auto next = yaml.find(kBegin, at + 1);
    entries.emplace_back(
        yaml.substr(at + 1, next == std::string_view::npos ? next : next - at - 1));
    at = next;
  }
  return entries;
}

std::vector<ProviderPreset> read_presets() {
  const auto root = parse_yaml(kYaml);
  Findings findings{kFile};
  std::vector<ProviderPreset> presets;
  for (const auto& node : root ? (*root)->items : std::vector<YamlNodePtr>{})
    presets.push_back(read_preset(node, findings));
  // The file is compiled in: an error in it is one of this program, and every test that loads a
  // config finds it.
  if (!root) throw std::logic_error(root.error().sentence);
  if (!findings.empty()) throw std::logic_error(to_text(findings.take().front()));
  const auto entries = entries_of(kYaml);
  for (std::size_t i = 0; i < presets.size(); ++i) presets[i].yaml = entries.at(i);
  return presets;
}

// ---- docs/providers.md
// -------------------------------------------------------------------------------------------------

constexpr std::string_view kIntroduction =
    "# Providers\n\n"
    "`provider: NAME` on an endpoint fills in how that provider's models list is read. Whatever "
    "the endpoint states itself "
    "counts\n"
    "instead: each preset below is written in the config's own words "
    "([CONFIGURATION.md](CONFIGURATION.md)), so that a list "
    "that\n"
    "is not here can be described in the same way. `modelvane providers` prints this table, "
    "`modelvane providers NAME` one "
    "preset.\n\n"
    "A provider that names no target is shown so: its aliases are `undisclosed`, never guessed. "
    "Rules of the kind `echo` cost\n"
    "money and are off until the endpoint says `echo: true`.\n\n";

std::string_view how(const AliasRule& rule) {
  return rule.kind == Rule::Field && rule.opaque ? "field (opaque)" : label(rule.kind);
}

std::string rules_of(const ProviderPreset& preset) {
  const auto reading = reading_of(preset, usual_url(preset));
  std::string text;
  for (const auto& rule : reading.rules)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", how(rule));
  if (preset.has_question) text += fmt::format("{}echo on request", text.empty() ? "" : ", ");
  if (text.empty()) text = reading.hints.empty() ? "none" : "hints only";
  return text;
}

std::string key_of(const ProviderPreset& preset) {
  if (!preset.key) return "none";
  auto text = fmt::format("`{}`", preset.key->variable);
  for (const auto& other : preset.key->others) text += fmt::format(" or `{}`", other);
  return text + (preset.key->is_optional ? " (optional)" : "");
}

}  // namespace

std::span<const ProviderPreset> providers() {
  static const std::vector<ProviderPreset> presets = read_presets();
  return presets;
}

const ProviderPreset* find_provider(std::string_view name) {
  const auto all = providers();
  const auto found = std::ranges::find(all, name, &ProviderPreset::name);
  return found == all.end() ? nullptr : &*found;
}

std::span<const std::string_view> provider_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const auto& preset : providers()) all.emplace_back(preset.name);
    return all;
  }();
  return names;
}

Reading reading_of(const ProviderPreset& preset, const std::string& list_url) {
  Findings findings{kFile};
  auto reading = read_list_of(*preset.node, list_url, findings);
  reading.own = {};
  return reading;
}

AliasRule question_of(const ProviderPreset& preset, const std::string& list_url) {
  Findings findings{kFile};
  return read_question_of(*preset.node, list_url, findings);
}

std::string providers_page() {
  std::string page{kIntroduction};
  page += "| provider | | rules | key from | tells |\n|---|---|---|---|---|\n";
  for (const auto& preset : providers()) {
    page += fmt::format("| [`{0}`](#{0}) | {1} | {2} | {3} | {4} |\n", preset.name, preset.title,
                        rules_of(preset), key_of(preset), preset.tells);
  }
  for (const auto& preset : providers()) {
    page += fmt::format("\n## {}\n\n{}: {} {} Made from {}.\n\n```yaml\n{}```\n", preset.name,
                        preset.title, preset.tells, preset.trap, preset.made_from, preset.yaml);
  }
  return page;
}

}  // namespace modelvane
