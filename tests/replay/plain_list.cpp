#include "tests/replay/plain_list.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace modelvane {
namespace {

using nlohmann::json;
using Names = std::map<std::string, std::set<std::string>>;

// No chain in a real list is longer.
constexpr int kHops = 3;

std::string text_of(const json& row, const std::string& key) {
  return !key.empty() && row.contains(key) && row[key].is_string() ? row[key].get<std::string>()
                                                                   : "";
}

std::string without(const std::string& prefix, const std::string& id) {
  return id.starts_with(prefix) ? id.substr(prefix.size()) : id;
}

// A name that is an alias itself stands for what that alias names.
std::set<std::string> followed(const Names& own_names, std::set<std::string> names) {
  for (int hop = 1; hop < kHops; ++hop) {
    std::set<std::string> next;
    for (const auto& name : names) {
      const auto further = own_names.find(name);
      if (further == own_names.end()) next.insert(name);
      if (further != own_names.end()) next.insert(further->second.begin(), further->second.end());
    }
    names = std::move(next);
  }
  return names;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

void add_targets(const json& rows, PlainList& list) {
  Names own_names;
  Names others_names;
  std::set<std::string> canonical;
  for (const auto& row : rows) {
    const std::string id = row["id"];
    const std::string name = row["name"];
    if (name != id) own_names[id].insert(name);
    if (name == id) canonical.insert(id);
    for (const std::string alias : row.value("aliases", json::array())) {
      if (alias != name) others_names[alias].insert(name);
    }
  }
  for (const auto& [id, names] : others_names) {
    if (canonical.contains(id)) continue;
    list[id].target = joined(names);
    list[id].told_by = "aliases";
  }
  for (const auto& [id, names] : own_names) {
    list[id].target = joined(followed(own_names, names));
    list[id].told_by = "name";
  }
}

}  // namespace

PlainList plain_list(const std::string& body, const PlainProvider& provider) {
  PlainList list;
  const auto document = json::parse(body);
  for (const auto& row : document["data"]) {
    const std::string id = without(provider.prefix, row["id"]);
    PlainRow& plain = list[id];
    if (plain.is_listed) continue;
    plain.is_listed = true;
    plain.is_named =
        (!provider.alias_begins.empty() && id.starts_with(provider.alias_begins)) ||
        (!provider.alias_ends.empty() && id.ends_with(provider.alias_ends)) ||
        (!provider.alias_like.empty() && std::regex_match(id, std::regex{provider.alias_like}));
    for (const auto& key : provider.hints) plain.hints += row.value(key, json()).dump() + " ";
    plain.end = text_of(row, provider.end);
    plain.replacement = text_of(row, provider.replacement);
  }
  if (provider.has_targets) add_targets(document["data"], list);
  return list;
}

}  // namespace modelvane
