// A daemon's API as a Source.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/commands/source.h"

namespace modelvane {

// Where a daemon listens unless it is told otherwise.
inline constexpr std::string_view kUsualUrl = "http://localhost:10178";

// `client_config`: path of a file (config/client_config.h), "" = no credentials.
std::expected<std::unique_ptr<Source>, std::string> open_api(const std::string& url,
                                                             const std::string& client_config);

}  // namespace modelvane
