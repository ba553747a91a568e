// Lists of targets as Prometheus's file and HTTP service discovery have them:
// [{"targets": ["a.example:443"], "labels": {"team": "search"}}].
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_error.h"

namespace modelvane {

struct TargetGroup {
  std::vector<std::string> targets;
  std::map<std::string, std::string> labels;
  friend bool operator==(const TargetGroup&, const TargetGroup&) = default;
};
using TargetGroups = std::vector<TargetGroup>;

std::size_t count_targets(const TargetGroups& groups);

// JSON or YAML. All of a list or nothing of it; `file` is for the errors.
std::expected<TargetGroups, std::vector<ConfigError>> parse_target_groups(std::string_view text,
                                                                          const std::string& file);

// All files of a source. One that cannot be read spoils the list: half of it would take endpoints
// away.
std::expected<TargetGroups, std::vector<ConfigError>> read_target_files(
    const DiscoverySource& source);

}  // namespace modelvane
