#include "daemon/commands/places.h"

#include <system_error>

namespace modelvane {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

// Both from one place: a configuration here with the history of the installed daemon would mix two
// daemons up.
Places usual_places(const std::filesystem::path& root, const std::filesystem::path& here) {
  const Places local{.config_file = here / "modelvane.yml", .storage_path = here / "data"};
  if (is_there(local.config_file) || is_there(here / "data" / "modelvane.db")) return local;
  const Places installed{.config_file = root / "etc/modelvane/modelvane.yml",
                         .storage_path = root / "var/lib/modelvane"};
  return is_there(installed.config_file) ? installed : local;
}

}  // namespace modelvane
