// The page at /: endpoints, aliases, the last events and webhooks, rendered on the server from one snapshot, with no script at
// all. It renews itself every ten seconds. Rows are capped, troubled ones first: with thousands of endpoints the API shows the
// rest.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/engine/snapshot.h"
#include "daemon/web/event_query.h"
#include "daemon/web/reply.h"

namespace modelvane {

Reply page(const Snapshot& snapshot, EventQuery& events);
// A static file of the page by its path; nullopt when there is none.
std::optional<Reply> page_file(std::string_view path);

}  // namespace modelvane
