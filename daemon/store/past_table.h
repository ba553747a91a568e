// The tables of what was: `endpoint_seconds` and `past`, read and written through the Database that
// its caller has open. Failures stay in the Database, as with every statement on it.
#pragma once

#include <vector>

#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"

namespace modelvane {

// By endpoint. The last hours and days are those before the newest figures of any endpoint.
std::vector<EndpointPast> read_last_past(Database& database);
std::vector<PastSpan> read_past(Database& database, const PastFilter& filter);

// Within the transaction of the batch.
void put_past(Database& database, const Batch& batch);

}  // namespace modelvane
