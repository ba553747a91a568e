// A replica's life in the database: its session, renewed by a thread of its own on a connection of
// its own, so that no long commit makes it look dead; the end of sessions that were not renewed;
// and the shards that fall to it or that others should have.
//
// Safety needs no clock: the end of a session and its commits exclude each other in the database.
// Clocks only bound how long a takeover takes, and until when this replica may send.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "daemon/cluster/cluster_view.h"
#include "daemon/store/postgres.h"
#include "daemon/store/replica_lock.h"

namespace modelvane {

struct ReplicaSettings {
  std::string instance;
  std::string name;     // unlike that of all other replicas
  std::string address;  // where people reach it
  std::string version;
  std::string config_hash;
  Duration lease{std::chrono::seconds{10}};
};

struct PostgresSession {
  std::uint64_t number = 0;
  std::string nonce;
  ShardCount shards = 0;
};

// What the server calls the connection that commits for a session.
std::string application_of(std::uint64_t session);

class PostgresKeeper {
 public:
  // `heartbeat` counts the engine's turns: while it stands still nothing is renewed. Called on the
  // keeper's thread.
  PostgresKeeper(PostgresPlace place, ReplicaSettings settings,
                 std::function<std::uint64_t()> heartbeat);
  // Ends the session, so that the shards are others' at once.
  ~PostgresKeeper();

  // Begins a session; the one before, if there was any, is over.
  std::expected<PostgresSession, StoreError> begin();

  struct News {
    bool has_ended = false;
    std::vector<Shard> gained;  // since the last call
    std::vector<Shard> wanted;  // of ours: others should have them
  };
  News take();
  // They could not be loaded: they are told as gained once more.
  void give_back(const std::vector<Shard>& gained);
  // Any thread; by the steady clock. Zero without a session.
  Duration trusted_until() const { return Duration{trusted_until_.load()}; }

  // Any thread. What the last round saw.
  ClusterView view() const;

 private:
  void run(const std::stop_token& stop);
  void work();
  void connect();
  void trust_since(Duration asked);
  bool renew();
  void end_expired();
  void claim();
  void end(std::uint64_t session);
  void end_connections(std::uint64_t session);
  void note_owned(Shard shard, bool is_ours);
  std::optional<StoreError> make_room_for_name();
  void show(std::vector<ReplicaView> replicas, const std::vector<std::string>& live,
            const std::vector<ShardOwner>& owners, bool is_synchronous);

  const PostgresPlace place_;
  const ReplicaSettings settings_;
  const std::function<std::uint64_t()> heartbeat_;
  std::optional<ReplicaLock> lock_;

  mutable std::mutex mutex_;  // guards what follows, and the connection
  std::condition_variable_any changed_;
  std::unique_ptr<PostgresConnection> connection_;
  std::optional<PostgresSession> session_;
  std::set<Shard> owned_;  // those of which `news_` has told
  News news_;
  std::uint64_t last_heartbeat_ = 0;
  mutable std::mutex view_mutex_;  // guards view_
  ClusterView view_;
  std::atomic<Duration::rep> trusted_until_{0};

  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace modelvane
