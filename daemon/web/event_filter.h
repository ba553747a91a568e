// The parameters that choose events, alike for the list, the stream and the feed: endpoint, alias,
// type.
#pragma once

#include "daemon/store/store.h"
#include "daemon/web/query.h"

namespace modelvane {

EventFilter read_event_filter(Parameters& parameters);

// Whether an event is one of those that the filter's endpoint, alias and types choose; times,
// cursors and limit do not count.
bool chooses(const EventFilter& filter, const StoredEvent& event);

}  // namespace modelvane
