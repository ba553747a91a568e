// The endpoints that pages and lists show: this replica's own, and those of others as they were
// told a moment ago.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/engine/snapshot.h"

namespace modelvane {

struct ShownEndpoint {
  const EndpointView* view = nullptr;      // never null
  const RemoteEndpoint* remote = nullptr;  // null: it is our own
};

// The own ones in the order of the configuration, then the others by name. Does not outlive the
// snapshot.
std::vector<ShownEndpoint> shown_endpoints(const Snapshot& snapshot);

// None: nobody has one of that name.
const ShownEndpoint* find_shown(const std::vector<ShownEndpoint>& shown, std::string_view name);

}  // namespace modelvane
