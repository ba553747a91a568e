#include "daemon/cluster/ownership.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/text/hash.h"

namespace modelvane {
namespace {

Shard shard_of(std::string_view text, ShardCount shards) {
  return static_cast<Shard>(stable_hash(text) % shards);
}

}  // namespace

Shard shard_of_endpoint(std::string_view name, ShardCount shards) {
  return shard_of(name, shards);
}

Shard shard_of_webhook(std::string_view name, ShardCount shards) {
  return shard_of(fmt::format("webhook/{}", name), shards);
}

const std::string& wanted_owner(Shard shard, std::span<const std::string> live) {
  return *std::ranges::max_element(live, {}, [&](const std::string& replica) {
    return std::pair{stable_hash(fmt::format("{}/{}", replica, shard)), std::string_view{replica}};
  });
}

OwnershipPlan plan_ownership(const std::string& replica, std::span<const ShardOwner> shards,
                             std::span<const std::string> live) {
  OwnershipPlan plan;
  if (live.empty()) return plan;
  for (const auto& [shard, owner] : shards) {
    const bool is_wanted_here = wanted_owner(shard, live) == replica;
    if (owner.empty() && is_wanted_here) plan.claim.push_back(shard);
    if (owner == replica && !is_wanted_here &&
        plan.release.size() < released_at_once(shards.size()))
      plan.release.push_back(shard);
  }
  return plan;
}

bool Ownership::has_endpoint(std::string_view name) const {
  return has(shard_of_endpoint(name, shards_));
}

bool Ownership::has_webhook(std::string_view name) const {
  return has(shard_of_webhook(name, shards_));
}

void Ownership::gain(std::span<const Shard> shards, ShardCount of) {
  is_all_ = false;
  shards_ = of;
  owned_.insert(shards.begin(), shards.end());
}

void Ownership::lose(const std::vector<Shard>& shards) {
  for (const Shard shard : shards) owned_.erase(shard);
}

void Ownership::lose_all() {
  is_all_ = false;
  owned_.clear();
}

}  // namespace modelvane
