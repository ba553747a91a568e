// The configuration file, read and checked.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_error.h"
#include "daemon/config/surroundings.h"

namespace modelvane {

// All errors at once, in file order; those of the files that it includes follow. `surroundings`:
// whether secrets' environment variables and the files that are named must be there.
std::expected<Config, std::vector<ConfigError>> parse_config(
    std::string_view yaml, const std::string& file,
    Surroundings surroundings = Surroundings::Checked);
std::expected<Config, std::vector<ConfigError>> load_config(
    const std::string& path, Surroundings surroundings = Surroundings::Checked);
// With the endpoints that service_discovery finds in files: for commands that look once.
std::expected<Config, std::vector<ConfigError>> load_config_and_targets(
    const std::string& path, Surroundings surroundings = Surroundings::Checked);

}  // namespace modelvane
