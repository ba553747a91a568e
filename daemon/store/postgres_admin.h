// What operators see of the shared database, and do to it, without a daemon.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cluster/cluster_view.h"
#include "daemon/store/postgres.h"

namespace modelvane {

// Those that live, by name.
std::vector<ReplicaView> read_replicas(PostgresConnection& connection);
// Whether a commit that the database acknowledged survives the loss of its primary.
bool waits_for_standby(PostgresConnection& connection);

struct StoreStatus {
  std::string instance;
  std::int64_t schema_version = 0;
  std::size_t shards = 0;
  std::size_t unowned = 0;
  bool is_synchronous = false;
  std::uint64_t last_sequence = 0;
  std::uint64_t pending = 0;
  std::optional<Time> oldest_pending;
  std::vector<ReplicaView> replicas;
};
std::expected<StoreStatus, StoreError> read_status(const PostgresPlace& place,
                                                   const std::string& instance);

// Ends the session of a replica. False: it has none.
std::expected<bool, StoreError> release(const PostgresPlace& place, const std::string& instance,
                                        const std::string& replica);

}  // namespace modelvane
