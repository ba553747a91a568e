// A YAML file from the disk to a tree: the same bounds and the same errors for every file that
// users write.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config_error.h"
#include "daemon/config/yaml_node.h"

namespace modelvane {

// At most one byte more than a configuration may have. Never waits for a writer, as a FIFO would
// make it.
std::expected<std::string, std::vector<ConfigError>> read_config_file(const std::string& path);
// `file` is for the errors; `bytes` is what the whole configuration has so far, this file included.
std::expected<YamlNodePtr, std::vector<ConfigError>> parse_config_file(std::string_view yaml,
                                                                       const std::string& file,
                                                                       std::size_t bytes = 0);

}  // namespace modelvane
