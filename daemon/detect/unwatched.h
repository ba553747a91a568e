// What becomes of an endpoint that leaves the configuration: whatever its events began is over, for
// no other event will ever end it. alias.unwatched for each alias of which something is open, then
// endpoint.unwatched. Nothing is said about health.
#pragma once

#include <vector>

#include "daemon/detect/state.h"
#include "daemon/detect/watched.h"
#include "daemon/events/event.h"

namespace modelvane {

// Said once, and only of an endpoint of which something is known. Should it be watched again, what
// is still so begins anew.
std::vector<Event> leave(EndpointState& state, const Watched& watched, Time now);

}  // namespace modelvane
