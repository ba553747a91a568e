// /feed.atom: the last events as an Atom feed (RFC 4287), for feed readers and chat bots that poll.
// Takes the same endpoint, alias and type parameters as the list of events.
#pragma once

#include "daemon/engine/snapshot.h"
#include "daemon/http/reply.h"
#include "daemon/http/site.h"
#include "daemon/web/event_query.h"
#include "daemon/web/query.h"

namespace modelvane {

Reply feed(const Site& site, const Snapshot& snapshot, EventQuery& events, const Query& query);

}  // namespace modelvane
