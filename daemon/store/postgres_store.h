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
  void when_there_is_news(std::function<void()> wake) override {
    keeper_.when_there_is_news(std::move(wake));
  }
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
  // Batches that the database acknowledged lately: a standby that is promoted may lack them.
  struct Acknowledged {
    Duration at{0};
    std::string document;
    std::int64_t base = 0;  // the number before that of its first event
  };
  // Of a batch that is new to the database.
  static constexpr std::int64_t kNoBase = -1;
  // What commit_batch says of it; none: the database does not have it, as far as we know.
  std::optional<std::int64_t> apply(std::uint64_t number, const std::string& document,
                                    std::int64_t base = kNoBase);
  std::int64_t base_of(const Batch& batch);
  bool apply_again(std::uint64_t before);
  void remember(std::uint64_t number, Acknowledged batch);
  void note_rewind();
  bool has_lost(const PostgresKeeper::News& told) const;
  void forget();
  std::uint64_t last_sequence();
  StoreError ended() const;

  const PostgresPlace place_;
  const Duration deadline_;
  const std::size_t events_max_;
  const std::function<Time()> wall_;
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
  std::set<Shard> uncertain_;  // given up with a batch of which nobody knows whether it was applied
  std::map<std::uint64_t, Acknowledged> acknowledged_;  // by number
  std::size_t acknowledged_bytes_ = 0;
  std::uint64_t seen_ = 0;           // the highest number of an event, ever
  std::uint64_t last_sequence_ = 0;  // what the database said last; less than before: a rewind
  bool is_rewind_noted_ = false;     // on this connection
  std::atomic<std::uint64_t> rewound_{0};
};

}  // namespace modelvane
