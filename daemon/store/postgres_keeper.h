// A replica's life in the database: its session, renewed by a thread of its own on a connection of
// its own, so that no long commit makes it look dead; the end of sessions that were not renewed;
// and the shards that fall to it or that others should have.
//
// Others are told what they may want to know at once by NOTIFY: a shard that was given up, an
// event, an operator's wish. That only saves waiting. Where it does not arrive, behind a pooler for
// example, each round and each look finds the same in the tables.
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
  std::function<Time()> wall = [] {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  };
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
    std::vector<Shard> lost;    // likewise: not ours any more, whoever gave them up
    std::vector<Shard> wanted;  // of ours: others should have them
  };
  News take();
  // `wake` is called, on the keeper's thread, when take() has something, or others wrote something.
  void when_there_is_news(std::function<void()> wake);
  // They could not be loaded: they are told as gained once more.
  void give_back(const std::vector<Shard>& gained);
  // Any thread; by the steady clock. Zero without a session.
  Duration trusted_until() const { return Duration{trusted_until_.load()}; }

  // Any thread. What the last round saw.
  ClusterView view() const;

 private:
  void run(const std::stop_token& stop);
  void wait_until(std::unique_lock<std::mutex>& lock, Duration end);
  void work();
  void heed_notices();
  void connect();
  void trust_since(Duration asked);
  bool renew();
  void be_patient(Duration renewed);
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
  std::function<void()> wake_;
  std::uint64_t last_heartbeat_ = 0;
  Duration last_renewed_{0};
  Duration patient_until_{0};      // until then nobody's session is ended
  mutable std::mutex view_mutex_;  // guards view_
  ClusterView view_;
  std::atomic<Duration::rep> trusted_until_{0};
  const int stop_fd_;  // an eventfd: readable when the thread should end

  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace modelvane
