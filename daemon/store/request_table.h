// The tables that operators' requests work on: `requests`, `pins` and `webhook_states`, read and
// written through the Database that SqliteStore has open. Failures stay in the Database, as with
// every statement on it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"

namespace modelvane {

// Open requests above `last`, in the order in which they were made, with the deliveries that they
// name. One that cannot be understood is answered at once: a newer command must not wait for ever.
std::vector<OperatorTask> read_requests(Database& database, std::uint64_t last);

// By endpoint.
std::map<std::string, ApprovedTargets> read_pins(Database& database);
// Those that are off.
std::vector<WebhookSwitch> read_webhook_states(Database& database);
// Those of which the last event says that they fail.
std::set<std::string> read_failing_webhooks(Database& database);

// Within the transaction of the batch.
void put_requests_effects(Database& database, const Batch& batch);

}  // namespace modelvane
