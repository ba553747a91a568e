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

// All errors at once, in file order. `surroundings`: whether secrets' environment variables and the
// files that are named must be there.
std::expected<Config, std::vector<ConfigError>> parse_config(
    std::string_view yaml, const std::string& file,
    Surroundings surroundings = Surroundings::Checked);
std::expected<Config, std::vector<ConfigError>> load_config(
    const std::string& path, Surroundings surroundings = Surroundings::Checked);

}  // namespace modelvane
