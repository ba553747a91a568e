#include "daemon/config/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "daemon/config/endpoint_field.h"
#include "daemon/config/providers.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/hmac.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kLabelPrefix = "labels.";
// Of targets with errors so many are told: whoever mends one mends them all.
constexpr std::size_t kTargetsToldMax = 10;
// What stays of a name that is too long; the rest of it becomes a short hash.
constexpr std::size_t kNameKeptBytes = 52;
constexpr std::size_t kNameHashBytes = 5;

// Names no label as an operator would write it.
using LabelValue = std::function<std::string(const std::string& name)>;

struct Target {
  std::string address;
  std::map<std::string, std::string> labels;
  LabelValue label;
};

bool has_placeholder(const YamlNode& node) {
  return node.text.find(kOpen) != std::string::npos ||
         std::ranges::any_of(node.items, [](const auto& item) { return has_placeholder(*item); }) ||
         std::ranges::any_of(node.entries,
                             [](const auto& entry) { return has_placeholder(*entry.value); });
}

// Fills one template for one target.
class Filler {
 public:
  Filler(const Target& target, const std::string& path, Findings& findings)
      : target_(target), path_(path), findings_(findings) {}

  // What has no placeholder is shared with the template.
  YamlNodePtr fill(const YamlNodePtr& node) const {
    if (!has_placeholder(*node)) return node;
    auto copy = std::make_shared<YamlNode>(*node);
    copy->text = filled(copy->text, node->at);
    for (auto& item : copy->items) item = fill(item);
    for (auto& entry : copy->entries) entry.value = fill(entry.value);
    return copy;
  }

 private:
  std::string filled(std::string_view text, Position at) const {
    std::string result;
    while (true) {
      const auto open = text.find(kOpen);
      const auto close = text.find(kClose, open);
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      result += text.substr(0, open);
      result +=
          value_of(trimmed(text.substr(open + kOpen.size(), close - open - kOpen.size())), at);
      text.remove_prefix(close + kClose.size());
    }
    return result += text;
  }

  std::string value_of(std::string_view placeholder, Position at) const {
    if (placeholder == "target") return target_.address;
    if (placeholder.starts_with(kLabelPrefix)) {
      const std::string name{placeholder.substr(kLabelPrefix.size())};
      if (is_label_name(name)) return target_.label(name);
    }
    findings_.add(at, path_,
                  fmt::format("{} stands for nothing; there are {{{{target}}}} and "
                              "{{{{labels.NAME}}}}",
                              in_quotes(fmt::format("{{{{{}}}}}", placeholder))));
    return "";
  }

  const Target& target_;
  const std::string& path_;
  Findings& findings_;
};

// "https://a.example:8443/v1/models" -> "a.example-8443-v1-models"
std::string name_of(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos)
    target.remove_prefix(scheme + 3);
  std::string name;
  for (const char c : target) {
    const bool is_fit = is_letter_or_digit(c) || c == '.' || c == '_';
    if (is_fit && !(name.empty() && !is_letter_or_digit(c))) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-') || name.ends_with('.')) name.pop_back();
  if (name.size() <= kNameBytesMax) return name;
  return name.substr(0, kNameKeptBytes) + "-" + to_hex(sha256(target).substr(0, kNameHashBytes));
}

std::string url_of(const std::string& target) {
  return target.find("://") != std::string::npos ? target
                                                 : fmt::format("https://{}/v1/models", target);
}

YamlNodePtr text_node(std::string text, Position at) {
  auto node = std::make_shared<YamlNode>();
  node->kind = YamlNode::Kind::Scalar;
  node->at = at;
  node->text = std::move(text);
  return node;
}

const YamlNodePtr* find(const YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find(map.entries, key, &YamlEntry::key);
  return found == map.entries.end() ? nullptr : &found->value;
}

// The group's labels beside the template's own, which win. Those that start with __ are for
// placeholders only, as in Prometheus, which sets `job` and `instance` itself.
YamlNodePtr labels_node(const YamlNodePtr* own, const std::map<std::string, std::string>& labels,
                        Position at) {
  auto node = own != nullptr ? std::make_shared<YamlNode>(**own) : std::make_shared<YamlNode>();
  if (own == nullptr) {
    node->kind = YamlNode::Kind::Map;
    node->at = at;
  }
  if (node->kind != YamlNode::Kind::Map) return node;
  for (const auto& [name, value] : labels) {
    const bool is_kept = name.starts_with("__") || name == "job" || name == "instance";
    if (is_kept || value.empty() || find(*node, name) != nullptr) continue;
    node->entries.push_back({name, at, text_node(value, at)});
  }
  return node;
}

// What the template leaves out.
YamlNodePtr completed(const YamlNodePtr& filled, const Target& target, Position at) {
  if (filled->kind != YamlNode::Kind::Map) return filled;
  auto map = std::make_shared<YamlNode>(*filled);
  const auto* provider = find(*map, "provider");
  const auto* preset = provider != nullptr ? find_provider((*provider)->text) : nullptr;
  if (find(*map, "name") == nullptr)
    map->entries.push_back({"name", at, text_node(name_of(target.address), at)});
  if (find(*map, "url") == nullptr && (preset == nullptr || preset->url.empty()))
    map->entries.push_back({"url", at, text_node(url_of(target.address), at)});
  auto labels = labels_node(find(*map, "labels"), target.labels, at);
  std::erase_if(map->entries, [](const YamlEntry& entry) { return entry.key == "labels"; });
  if (labels->kind != YamlNode::Kind::Map || !labels->entries.empty())
    map->entries.push_back({"labels", labels->at, std::move(labels)});
  return map;
}

std::expected<EndpointConfig, std::vector<ConfigError>> endpoint_of(
    const EndpointTemplate& endpoint, const Target& target, Surroundings surroundings) {
  Findings findings{endpoint.file, surroundings};
  const auto node =
      completed(Filler{target, endpoint.path, findings}.fill(endpoint.node), target, endpoint.at);
  if (!findings.empty()) return std::unexpected{findings.take()};
  Names names;
  auto read =
      read_endpoint(Field{*node, endpoint.at, endpoint.path, findings}, endpoint.defaults, names);
  if (!findings.empty()) return std::unexpected{findings.take()};
  return read;
}

}  // namespace

std::vector<ConfigError> problems_of(const EndpointTemplate& endpoint, Surroundings surroundings) {
  // A secret's file that bears the target's name is not there for one that is made up.
  const bool is_fixed = std::ranges::none_of(endpoint.node->entries, [](const YamlEntry& entry) {
    return entry.key != "name" && entry.key != "url" && entry.key != "labels" &&
           has_placeholder(*entry.value);
  });
  std::vector<ConfigError> first;
  // Targets are hosts with a port or URLs: one of the two must make an endpoint.
  for (const auto* address : {"sample.example:443", "https://sample.example/v1/models"}) {
    const Target target{address, {}, [](const std::string&) { return std::string{"sample"}; }};
    const auto read =
        endpoint_of(endpoint, target, is_fixed ? surroundings : Surroundings::Ignored);
    if (read) return {};
    if (first.empty()) first = read.error();
  }
  return first;
}

std::expected<Endpoints, std::vector<ConfigError>> endpoints_of(const EndpointTemplate& endpoint,
                                                                const TargetGroups& groups,
                                                                Surroundings surroundings) {
  Endpoints endpoints;
  std::vector<ConfigError> errors;
  std::map<std::string, std::size_t> places;  // of names
  std::size_t told = 0;
  const auto tell = [&](std::vector<ConfigError> problems, const std::string& target) {
    if (++told > kTargetsToldMax) return;
    for (auto& problem : problems) {
      problem.sentence += fmt::format(" (target {})", in_quotes(target));
      errors.push_back(std::move(problem));
    }
  };
  for (const auto& group : groups) {
    const auto label = [&group](const std::string& name) {
      const auto found = group.labels.find(name);
      return found == group.labels.end() ? std::string{} : found->second;
    };
    for (const auto& address : group.targets) {
      auto read = endpoint_of(endpoint, Target{address, group.labels, label}, surroundings);
      if (!read) {
        tell(std::move(read.error()), address);
        continue;
      }
      const auto [place, is_new] = places.try_emplace(read->name, endpoints.size());
      if (is_new) {
        append(endpoints, std::move(*read));
      } else if (!(*endpoints[place->second] == *read)) {
        tell({{endpoint.file, endpoint.at.line, endpoint.at.column,
               fmt::format("{}: two targets are called {}; write a name that tells them apart",
                           endpoint.path, in_quotes(read->name))}},
             address);
      }
    }
  }
  if (told > kTargetsToldMax) {
    errors.push_back(
        {endpoint.file, endpoint.at.line, endpoint.at.column,
         fmt::format("{}: and {} more targets", endpoint.path, told - kTargetsToldMax)});
  }
  if (!errors.empty()) return std::unexpected{std::move(errors)};
  return endpoints;
}

std::optional<std::string> clash_of(const Endpoints& found,
                                    const std::unordered_set<std::string_view>& taken,
                                    std::size_t endpoints_max, std::string_view they) {
  const auto count = taken.size() + found.size();
  if (count > endpoints_max)
    return fmt::format("with {} there would be {} endpoints; one modelvane has at most {}", they,
                       count, endpoints_max);
  for (const auto& endpoint : found) {
    if (taken.contains(endpoint->name))
      return fmt::format("the name {} is taken by another endpoint of the configuration",
                         in_quotes(endpoint->name));
  }
  return std::nullopt;
}

std::expected<void, std::string> add_endpoints(Config& config, const Endpoints& found) {
  std::unordered_set<std::string_view> taken;
  for (const auto& endpoint : config.endpoints) taken.insert(endpoint->name);
  if (auto clash = clash_of(found, taken, config.endpoints_max(), "these"))
    return std::unexpected(std::move(*clash));
  config.endpoints.insert(config.endpoints.end(), found.begin(), found.end());
  return {};
}

std::expected<void, std::vector<ConfigError>> add_from_files(Config& config,
                                                             Surroundings surroundings) {
  std::vector<ConfigError> errors;
  for (const auto& source : config.discovery) {
    if (source.files.empty()) continue;
    const auto groups = read_target_files(source);
    const auto endpoints = groups ? endpoints_of(*source.endpoint, *groups, surroundings)
                                  : std::unexpected{groups.error()};
    if (!endpoints && surroundings == Surroundings::Ignored) continue;
    if (!endpoints) {
      errors.insert(errors.end(), endpoints.error().begin(), endpoints.error().end());
      continue;
    }
    if (const auto added = add_endpoints(config, *endpoints); !added) {
      const auto& at = source.endpoint->at;
      errors.push_back({source.endpoint->file, at.line, at.column,
                        fmt::format("{}: {}", source.endpoint->path, added.error())});
    }
  }
  if (!errors.empty()) return std::unexpected{std::move(errors)};
  return {};
}

}  // namespace modelvane
