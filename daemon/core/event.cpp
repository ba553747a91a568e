#include "daemon/core/event.h"

#include <algorithm>

namespace modelvane {

std::optional<EventType> event_type(std::string_view name) {
  const auto found = std::find(kEventTypeNames.begin(), kEventTypeNames.end(), name);
  if (found == kEventTypeNames.end()) return std::nullopt;
  return static_cast<EventType>(found - kEventTypeNames.begin());
}

}  // namespace modelvane
