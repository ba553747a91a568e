// The page at /: endpoints, aliases, the last events and webhooks, rendered on the server from one snapshot, with no script at
// all. It renews itself every ten seconds. Rows are capped, troubled ones first: with thousands of endpoints the API shows the
// rest.
#pragma once

#include "daemon/engine/snapshot.h"
#include "daemon/web/event_query.h"
#include "daemon/web/reply.h"

namespace modelvane {

Reply page(const Snapshot& snapshot, EventQuery& events);
Reply style_sheet();

}  // namespace modelvane
