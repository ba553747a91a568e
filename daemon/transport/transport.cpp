#include "daemon/transport/transport.h"

#include <algorithm>

namespace modelvane {

std::string_view HttpReply::header(std::string_view name) const {
  const auto found = std::ranges::find(
      headers, name, [](const auto& entry) { return std::string_view{entry.first}; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace modelvane
