// The store that several daemons share: a schema of a PostgreSQL database. Its keeper holds the
// session; this class loads, commits and looks for news on a connection of its own, one complete
// statement per batch. Whether a batch whose answer was lost became durable is told by its number.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/postgres_keeper.h"
#include "daemon/store/store.h"

namespace modelvane {

// One thread (the store writer's), but for trusted_until() and cluster().
class PostgresStore final : public Store {
 public:
  PostgresStore(PostgresPlace place, ReplicaSettings settings,
                std::function<std::uint64_t()> heartbeat, std::size_t events_max);
  ~PostgresStore() override;

  // A new session, or why none can be had: Busy: another replica has our name. load() does it, too:
  // this is for a start that should fail at once.
  std::expected<void, StoreError> begin();
  // What the session that begin() began owns, or that of another one.
  std::expected<Loaded, StoreError> load() override;
  std::expected<CommitReport, StoreError> commit(const Batch& batch) override;
  std::expected<StoreNews, StoreError> look() override;
  Duration trusted_until() const override { return keeper_.trusted_until(); }
  std::optional<ClusterView> cluster() const override;

 private:
  PostgresConnection& work();
  // None: the connection failed, and nothing was handed out.
  std::optional<Loaded> load_shards(const std::vector<Shard>& shards);
  void load_endpoints(PostgresConnection& connection, Loaded& loaded, const std::string& shards);
  void load_past(PostgresConnection& connection, Loaded& loaded, const std::string& shards);
  void load_webhooks(PostgresConnection& connection, Loaded& loaded, const std::string& shards);
  std::vector<PendingDelivery> take_deliveries();
  std::vector<OperatorTask> take_requests();
  // True: the database has it.
  bool apply(std::uint64_t number, const std::string& document);
  bool apply_again(std::uint64_t before);
  void remember(std::uint64_t number, std::string document);
  void forget();
  std::uint64_t last_sequence();
  StoreError ended() const;

  const PostgresPlace place_;
  const Duration deadline_;
  const std::size_t events_max_;
  PostgresKeeper keeper_;
  std::unique_ptr<PostgresConnection> connection_;
  std::optional<PostgresSession> session_;
  // Deliveries that the engine has: after an answer that was lost all that waits is read anew, and
  // what it has already is left out.
  std::set<std::pair<std::uint64_t, std::string>> handed_out_;
  bool must_take_all_ = false;
  bool is_fresh_ = false;  // begun, and nothing loaded yet
  std::set<Shard> owned_;
  // Those of them that were given up with a batch whose answer was lost, and gained anew.
  std::set<Shard> regained_;
  std::set<std::uint64_t> requests_;   // handed out
  std::optional<Time> forget_before_;  // until everything older is deleted, slice by slice
  std::map<std::string, std::uint64_t> forgotten_dead_;  // since the last commit
  std::atomic<std::uint64_t> repeated_{0};
  // Batches that the database acknowledged lately, by number: a standby that is promoted may lack
  // them.
  struct Acknowledged {
    Duration at{0};
    std::string document;
  };
  std::map<std::uint64_t, Acknowledged> acknowledged_;
  std::size_t acknowledged_bytes_ = 0;
  std::atomic<std::uint64_t> rewound_{0};
};

}  // namespace modelvane
