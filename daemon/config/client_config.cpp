#include "daemon/config/client_config.h"

#include "daemon/config/access_field.h"
#include "daemon/config/config_file.h"
#include "daemon/config/field.h"

namespace modelvane {

std::expected<Access, std::vector<ConfigError>> load_client_config(const std::string& path) {
  const auto text = read_config_file(path);
  if (!text) return std::unexpected{text.error()};
  const auto root = parse_config_file(*text, path);
  if (!root) return std::unexpected{root.error()};
  Findings findings{path};
  Access access;
  const Field whole{**root, (*root)->at, "", findings};
  if (const auto fields = whole.fields(access_keys())) access = read_access(*fields, {});
  if (!findings.empty()) return std::unexpected{findings.take()};
  return access;
}

}  // namespace modelvane
