#include "daemon/catalog/model_id.h"

#include <algorithm>

namespace modelvane {

std::optional<std::string> model_id(std::string_view text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  const bool has_control =
      std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > kIdBytesMax || has_control) return std::nullopt;
  return std::string{text};
}

}  // namespace modelvane
