#include "tests/sim/cluster_world.h"

#include "daemon/events/event_json.h"
#include "daemon/log/log.h"

namespace modelvane::sim {

using namespace std::chrono_literals;

ClusterWorld::ClusterWorld(std::uint64_t seed, std::size_t count, ShardCount shards)
    : random(seed) {
  log::set_up(log::Level::Error, false);
  disk.owners.resize(shards);
  config.instance = "sim";
  config.postgres = PostgresConfig{};
  for (std::size_t i = 0; i < count; ++i)
    replicas.push_back({.name = std::string{"mv-"} + static_cast<char>('a' + i)});
}

void ClusterWorld::start(Replica& replica) {
  replica.clock.now = clock.now;
  replica.transport = std::make_unique<SimTransport>(replica.clock, random, outside);
  replica.commit_queue =
      std::make_unique<SimCommitQueue>(disk, replica.clock, replica.name, kLease);
  replica.commit_queue->commit_time = 0s;
  replica.board = std::make_unique<Board>();
  replica.engine = std::make_unique<Engine>(
      Engine::Ports{replica.clock, *replica.transport, *replica.commit_queue, *replica.board},
      config, random());
}

void ClusterWorld::kill(Replica& replica) {
  if (!replica.engine) return;
  replica.commit_queue->crash(chance(random, 0.5));
  replica.engine.reset();
  replica.transport.reset();
  replica.commit_queue.reset();
  replica.paused_until = replica.cut_until = replica.away_until = {};
}

void ClusterWorld::run_for(Duration span, Duration tick) {
  const Time end = clock.now + span;
  while (clock.now < end) {
    clock.now += tick;
    for (auto& replica : replicas) {
      if (!replica.engine || clock.now < replica.paused_until) continue;
      replica.clock.now = clock.now;
      replica.commit_queue->store.is_cut_off = clock.now < replica.cut_until;
      replica.transport->is_cut_off = clock.now < replica.away_until;
      replica.engine->turn(0s);
    }
  }
}

std::size_t ClusterWorld::unowned() const {
  std::size_t count = 0;
  for (const auto& owner : disk.owners) {
    const auto session = disk.sessions.find(owner.session);
    bool runs = false;
    for (const auto& replica : replicas)
      runs |= session != disk.sessions.end() && replica.engine &&
              session->second.replica == replica.name;
    if (!runs) ++count;
  }
  return count;
}

std::vector<Event> ClusterWorld::stored_events() const {
  std::vector<Event> events;
  for (const auto& [sequence, stored] : disk.events)
    events.push_back(*parse_cloudevent(stored.json));
  return events;
}

}  // namespace modelvane::sim
