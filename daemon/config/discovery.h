// From a target to an endpoint: the template of a service_discovery entry, filled in.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_error.h"
#include "daemon/config/surroundings.h"
#include "daemon/config/target_groups.h"
#include "daemon/config/yaml_node.h"

namespace modelvane {

// `endpoint` of the entry: an endpoint's keys in whose texts {{target}} and {{labels.NAME}} stand
// for a target's own.
struct EndpointTemplate {
  YamlNodePtr node;  // a map
  Position at;
  std::string path;  // "service_discovery[0].endpoint"
  std::string file;
  EndpointConfig defaults;
};

// What is wrong with a template whatever the targets are, as errors of its file.
std::vector<ConfigError> problems_of(const EndpointTemplate& endpoint, Surroundings surroundings);

// All of them, or what is wrong with some. A target that is listed twice counts once.
std::expected<Endpoints, std::vector<ConfigError>> endpoints_of(
    const EndpointTemplate& endpoint, const TargetGroups& groups,
    Surroundings surroundings = Surroundings::Checked);

// Why endpoints that were found cannot stand beside those whose names are taken: they are too many
// together, or one has the name of another. `they`: "these", "this list".
std::optional<std::string> clash_of(const Endpoints& found,
                                    const std::unordered_set<std::string_view>& taken,
                                    std::size_t endpoints_max, std::string_view they);

// Behind the endpoints that are there; a sentence when names are taken or there are too many.
std::expected<void, std::string> add_endpoints(Config& config, const Endpoints& found);

// For commands that look at the files once: those of `files` are added, URLs are not asked. Where
// surroundings are ignored, files with errors are, too.
std::expected<void, std::vector<ConfigError>> add_from_files(
    Config& config, Surroundings surroundings = Surroundings::Checked);

}  // namespace modelvane
