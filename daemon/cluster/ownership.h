// Who owns what, where several daemons share one store: endpoints and webhooks belong to a fixed
// number of shards, and each shard to one replica. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

using Shard = std::uint32_t;
using ShardCount = std::uint32_t;

// By name alone: neither a reload nor another version moves it.
Shard shard_of_endpoint(std::string_view name, ShardCount shards);
Shard shard_of_webhook(std::string_view name, ShardCount shards);
// Of what belongs to no name, such as a drill.
inline constexpr Shard kCommonShard = 0;

// The replica that should own `shard`: the one with the largest hash of both names (rendezvous
// hashing), so that one that comes or goes moves only its own shards. `live` is not empty.
const std::string& wanted_owner(Shard shard, std::span<const std::string> live);

// A shard as it stands in the store; no replica = nobody owns it.
struct ShardOwner {
  Shard shard = 0;
  std::string replica;
};
struct OwnershipPlan {
  std::vector<Shard> claim;    // free, and wanted here
  std::vector<Shard> release;  // ours, and wanted by another that lives
};
// What `replica` should do now. At most released_at_once() shards leave it at a time.
OwnershipPlan plan_ownership(const std::string& replica, std::span<const ShardOwner> shards,
                             std::span<const std::string> live);

// An eighth of them a lease: a replica that joins is no stampede.
constexpr std::size_t released_at_once(std::size_t shards) {
  return shards < 8 ? 1 : shards / 8;
}

// What is this daemon's. Before a store has said anything, everything is.
class Ownership {
 public:
  bool has_endpoint(std::string_view name) const;
  bool has_webhook(std::string_view name) const;
  bool has(Shard shard) const { return is_all_ || owned_.contains(shard); }
  // Because a store said so.
  bool was_told_of(Shard shard) const { return owned_.contains(shard); }
  const std::set<Shard>& owned() const { return owned_; }
  ShardCount shards() const { return shards_; }

  void gain(std::span<const Shard> shards, ShardCount of);
  void lose(const std::vector<Shard>& shards);
  void lose_all();

 private:
  bool is_all_ = true;
  ShardCount shards_ = 1;
  std::set<Shard> owned_;
};

}  // namespace modelvane
