#include "daemon/config/target_groups.h"

#include <fmt/format.h>

#include <array>

#include "daemon/config/config_file.h"
#include "daemon/config/field.h"
#include "daemon/config/include.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

constexpr std::string_view kShape =
    R"(groups of targets, such as [{"targets": ["a.example:443"], "labels": {"team": "search"}}])";
// A URL is the longest thing that a target can be.
constexpr std::size_t kTargetBytesMax = 2048;

TargetGroup read_group(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"targets"}, std::string_view{"labels"}};
  TargetGroup group;
  const auto fields = field.fields(kKeys);
  if (!fields) return group;
  if (const auto* targets = fields->need("targets", R"(write "targets": ["a.example:443"])")) {
    const auto items = targets->list("targets");
    for (const auto& item : items.value_or(std::vector<Field>{})) {
      auto target = item.text("a host with its port, or a URL");
      if (!target) continue;
      if (target->size() > kTargetBytesMax)
        item.fail(fmt::format("must be at most {} bytes long", kTargetBytesMax));
      group.targets.push_back(std::move(*target));
    }
  }
  if (const auto* labels = fields->find("labels")) {
    const auto entries = labels->entries("a map of label names to values", is_label_name);
    if (!entries) return group;
    for (const auto& [name, value] : *entries) {
      if (!is_label_name(name))
        value.fail("a label name must be letters, digits and _, and not start with a digit");
      group.labels[name] = value.text_or_empty("text").value_or("");
    }
  }
  return group;
}

}  // namespace

std::size_t count_targets(const TargetGroups& groups) {
  std::size_t count = 0;
  for (const auto& group : groups) count += group.targets.size();
  return count;
}

std::expected<TargetGroups, std::vector<ConfigError>> parse_target_groups(std::string_view text,
                                                                          const std::string& file) {
  const auto root = parse_config_file(text, file);
  if (!root) return std::unexpected{root.error()};
  Findings findings{file};
  if ((*root)->kind == YamlNode::Kind::Null) {
    findings.add({}, "", "the list is empty text; no target is written as []");
    return std::unexpected{findings.take()};
  }
  TargetGroups groups;
  const Field whole{**root, (*root)->at, "", findings};
  const auto items = whole.list(kShape);
  for (const auto& item : items.value_or(std::vector<Field>{})) groups.push_back(read_group(item));
  if (count_targets(groups) > kClusterEndpointsMax) {
    findings.add({}, "",
                 fmt::format("{} targets are more than the {} endpoints of one cluster",
                             count_targets(groups), kClusterEndpointsMax));
  }
  if (!findings.empty()) return std::unexpected{findings.take()};
  return groups;
}

std::expected<TargetGroups, std::vector<ConfigError>> read_target_files(
    const DiscoverySource& source) {
  TargetGroups all;
  std::vector<ConfigError> errors;
  const auto read = [&](const std::string& file) {
    const auto text = read_config_file(file);
    auto groups = text ? parse_target_groups(*text, file) : std::unexpected{text.error()};
    if (groups) {
      all.insert(all.end(), std::make_move_iterator(groups->begin()),
                 std::make_move_iterator(groups->end()));
    } else {
      errors.insert(errors.end(), groups.error().begin(), groups.error().end());
    }
  };
  for (const auto& glob : source.files) {
    // A file that is named and not there is trouble; one that no longer matches was taken away.
    if (!is_glob(glob)) {
      read(glob);
      continue;
    }
    for (const auto& file : files_matching({glob})) read(file);
  }
  if (!errors.empty()) return std::unexpected{std::move(errors)};
  return all;
}

}  // namespace modelvane
