// The configuration file, read and checked.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_error.h"

namespace modelvane {

// All errors at once, in file order. Secrets' environment variables and files are checked for
// existence too.
std::expected<Config, std::vector<ConfigError>> parse_config(std::string_view yaml,
                                                             const std::string& file);
std::expected<Config, std::vector<ConfigError>> load_config(const std::string& path);

}  // namespace modelvane
