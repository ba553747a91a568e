// The file of --web.config.file: TLS, passwords and headers of the daemon's own pages. Its keys are
// those that Prometheus and its exporters read (exporter-toolkit, docs/web-configuration.md), so
// that one file serves all of them.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config_error.h"
#include "daemon/http/tls_settings.h"

namespace modelvane {

struct WebConfig {
  std::optional<WebTls> tls;
  std::map<std::string, std::string, std::less<>>
      users;  // name -> bcrypt hash; empty = everybody may ask
  std::vector<std::pair<std::string, std::string>>
      headers;  // of every answer that does not set them itself
  friend bool operator==(const WebConfig&, const WebConfig&) = default;
};

// All errors at once, in file order. Certificates are checked for being there, not for what they
// hold.
std::expected<WebConfig, std::vector<ConfigError>> parse_web_config(std::string_view yaml,
                                                                    const std::string& file);
std::expected<WebConfig, std::vector<ConfigError>> load_web_config(const std::string& path);

}  // namespace modelvane
