// The file of --web.client-config: how commands reach a daemon's API, in the keys by which the
// configuration says how to reach a URL (basic_auth, authorization, http_headers, tls_config).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_error.h"

namespace modelvane {

// All errors at once, in file order.
std::expected<Access, std::vector<ConfigError>> load_client_config(const std::string& path);

}  // namespace modelvane
