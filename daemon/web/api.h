// The JSON API under /api/v1, each path a function from the snapshot (and the event log) and a query to a reply. Times are RFC
// 3339, durations are seconds in names that say so, and what is not known is null.
#pragma once

#include "daemon/engine/snapshot.h"
#include "daemon/web/event_query.h"
#include "daemon/web/query.h"
#include "daemon/web/reply.h"

namespace modelvane {

Reply endpoints_api(const Snapshot& snapshot, const Query& query);
Reply aliases_api(const Snapshot& snapshot, const Query& query);
Reply models_api(const Snapshot& snapshot, const Query& query);
Reply status_api(const Snapshot& snapshot, const Query& query);
Reply events_api(EventQuery& events, const Query& query);

}  // namespace modelvane
