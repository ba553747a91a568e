// The JSON API under /api/v1, each path a function from the snapshot (or the event log) and a query
// to a reply (docs/API.md). Times are RFC 3339, durations are seconds in names that say so, and
// what is not known is null. Lists come in pages.
#pragma once

#include "daemon/engine/snapshot.h"
#include "daemon/http/reply.h"
#include "daemon/web/event_query.h"
#include "daemon/web/query.h"

namespace modelvane {

Reply endpoints_api(const Snapshot& snapshot, const Query& query);
Reply aliases_api(const Snapshot& snapshot, const Query& query);
// Of /api/v1/endpoints/{name}/history.
Reply history_api(const Snapshot& snapshot, EventQuery& events, const std::string& endpoint,
                  const Query& query);
Reply models_api(const Snapshot& snapshot, const Query& query);
Reply pins_api(const Snapshot& snapshot, const Query& query);
Reply status_api(const Snapshot& snapshot, const Query& query);
Reply events_api(EventQuery& events, const Query& query);
Reply deliveries_api(EventQuery& events, const Query& query);

}  // namespace modelvane
