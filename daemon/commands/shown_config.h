// The configuration in effect, as people may see it: with defaults and presets filled in, and of
// secrets only where they come from. Pure.
#pragma once

#include <string>

#include "daemon/config/config.h"

namespace modelvane {

// A JSON document.
std::string shown_config(const Config& config);

}  // namespace modelvane
