#include "daemon/web/shown.h"

#include <algorithm>
#include <unordered_set>

namespace modelvane {

std::vector<ShownEndpoint> shown_endpoints(const Snapshot& snapshot) {
  std::vector<ShownEndpoint> shown;
  std::unordered_set<std::string_view> own;
  const bool has_others = snapshot.elsewhere && !snapshot.elsewhere->empty();
  for (const auto& view : snapshot.endpoints) {
    if (!view) continue;
    shown.push_back({.view = view.get()});
    if (has_others) own.insert(view->name);
  }
  if (!has_others) return shown;
  // What has just come to this replica is still told by the one before.
  for (const auto& other : *snapshot.elsewhere) {
    if (!own.contains(other.view->name))
      shown.push_back({.view = other.view.get(), .remote = &other});
  }
  return shown;
}

const ShownEndpoint* find_shown(const std::vector<ShownEndpoint>& shown, std::string_view name) {
  const auto found = std::ranges::find_if(
      shown, [&](const ShownEndpoint& endpoint) { return endpoint.view->name == name; });
  return found == shown.end() ? nullptr : &*found;
}

}  // namespace modelvane
