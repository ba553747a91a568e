// Provider presets as data: what `provider: internlm` stands for. They stand in providers.yml, in
// the config's own words, and are compiled in; a new one needs no code. docs/providers.md is made
// from the same data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/reading.h"
#include "daemon/catalog/signs.h"
#include "daemon/config/secret.h"
#include "daemon/config/yaml_node.h"

namespace modelvane {

// Where the credentials come from when an endpoint names none.
struct ProviderKey {
  std::string variable;             // of the environment
  std::vector<std::string> others;  // in use as well; the first of all that is set counts
  std::string type = "Bearer";      // the scheme of Authorization
  std::string header;               // "" = Authorization
  bool is_optional = false;         // without the variable, polls go out without credentials
};

struct ProviderPreset {
  std::string name;
  std::string title;
  std::string tells;        // what its list discloses of targets, one sentence
  std::string trap;         // what to know before trusting it
  std::string made_from;    // what it was made from, and the date of that
  std::vector<Sign> signs;  // that its lists' rows have: all of them, or it is no such list
  std::string url;          // the full list URL; "" = every user has another one
  std::string example;      // what such a URL looks like
  std::optional<ProviderKey> key;
  std::vector<std::pair<std::string, SecretRef>> headers;
  bool has_question = false;  // an echo, which costs money: only for endpoints that ask for it
  std::string yaml;           // its entry in providers.yml
  YamlNodePtr node;           // the same as a tree
};

// Its URL, or an example of one where each customer has another.
inline const std::string& usual_url(const ProviderPreset& preset) {
  return preset.url.empty() ? preset.example : preset.url;
}
// How its lists are read; the rules' URLs are made absolute by the list's.
Reading reading_of(const ProviderPreset& preset, const std::string& list_url);
// Its echo rule; only where has_question.
AliasRule question_of(const ProviderPreset& preset, const std::string& list_url);

// By name, in the order of providers.yml. Any thread.
std::span<const ProviderPreset> providers();

// nullptr when there is no preset of that name.
const ProviderPreset* find_provider(std::string_view name);

// For "did you mean".
std::span<const std::string_view> provider_names();

// The page docs/providers.md.
std::string providers_page();

}  // namespace modelvane
