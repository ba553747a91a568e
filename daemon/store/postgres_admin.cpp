#include "daemon/store/postgres_admin.h"

#include <algorithm>

#include "daemon/store/postgres_schema.h"
#include "daemon/store/replica_lock.h"

namespace modelvane {
namespace {

constexpr Duration kStatusWithin = std::chrono::seconds{10};

}  // namespace

std::vector<ReplicaView> read_replicas(PostgresConnection& connection) {
  const auto rows = connection.query(
      "SELECT o.replica, o.address, o.version, o.host, o.config_hash, (extract(epoch FROM "
      "o.expires - clock_timestamp()) * 1000000)::bigint, (SELECT count(*) FROM @shards AS s WHERE "
      "s.session = o.session) FROM @sessions AS o WHERE o.expires >= clock_timestamp() ORDER BY "
      "o.replica");
  std::vector<ReplicaView> replicas;
  for (int row = 0; row < rows.count(); ++row) {
    replicas.push_back({.name = rows.text(row, 0),
                        .address = rows.text(row, 1),
                        .version = rows.text(row, 2),
                        .host = host_in(rows.text(row, 3)),
                        .shards = static_cast<std::size_t>(rows.integer(row, 6)),
                        .lease_left = rows.duration(row, 5),
                        .config_hash = rows.text(row, 4)});
  }
  return replicas;
}

bool waits_for_standby(PostgresConnection& connection) {
  const auto rows = connection.query(
      "SELECT current_setting('synchronous_standby_names') <> '' AND "
      "current_setting('synchronous_commit') NOT IN ('off', 'local')");
  return rows.count() > 0 && rows.text(0, 0) == "t";
}

std::expected<StoreStatus, StoreError> read_status(const PostgresPlace& place,
                                                   const std::string& instance) {
  PostgresConnection connection{place, "modelvane store status", kStatusWithin};
  StoreStatus status{.shards = check_schema(connection, place, instance)};
  status.replicas = read_replicas(connection);
  status.is_synchronous = waits_for_standby(connection);
  const auto rows = connection.query(
      "SELECT c.schema_version, n.last_sequence, (SELECT count(*) FROM @shards AS s WHERE NOT "
      "EXISTS(SELECT 1 FROM @sessions AS o WHERE o.session = s.session AND o.expires >= "
      "clock_timestamp())), p.waiting, p.oldest, c.instance FROM @cluster AS c, @counter AS n, "
      "(SELECT count(*) AS waiting, min(created_us) AS oldest FROM @deliveries WHERE state = "
      "'pending') AS p");
  if (!connection.ok()) return std::unexpected(connection.error());
  status.schema_version = rows.integer(0, 0);
  status.last_sequence = static_cast<std::uint64_t>(rows.integer(0, 1));
  status.unowned = static_cast<std::size_t>(rows.integer(0, 2));
  status.pending = static_cast<std::uint64_t>(rows.integer(0, 3));
  if (!rows.is_null(0, 4)) status.oldest_pending = rows.time(0, 4);
  status.instance = rows.text(0, 5);
  return status;
}

std::expected<bool, StoreError> release(const PostgresPlace& place, const std::string& instance,
                                        const std::string& replica) {
  PostgresConnection connection{place, "modelvane store release", kStatusWithin};
  (void)check_schema(connection, place, instance);
  const auto rows = connection.query(
      "WITH gone AS (DELETE FROM @sessions WHERE replica = $1 RETURNING session) "
      "SELECT @tell(0, 'shards') FROM gone",
      std::string_view{replica});
  if (!connection.ok()) return std::unexpected(connection.error());
  return rows.count() > 0;
}

}  // namespace modelvane
