#include "daemon/cluster/ownership.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace modelvane;

namespace {

constexpr ShardCount kShards = 64;

using Owners = std::vector<ShardOwner>;

Owners all_owned_by(const std::string& replica, ShardCount count = kShards) {
  Owners owners;
  for (Shard shard = 0; shard < count; ++shard) owners.push_back({shard, replica});
  return owners;
}

// What one replica's plan makes of the table: claims take what is free, releases free what is its.
void carry_out(const std::string& replica, const std::vector<std::string>& live, Owners& owners) {
  const auto plan = plan_ownership(replica, owners, live);
  for (const Shard shard : plan.claim) {
    REQUIRE(owners[shard].replica.empty());
    owners[shard].replica = replica;
  }
  for (const Shard shard : plan.release) {
    REQUIRE(owners[shard].replica == replica);
    owners[shard].replica.clear();
  }
}

}  // namespace

TEST_CASE("a name's shard is the same in every version, and webhooks have their own") {
  CHECK(shard_of_endpoint("internlm", 64) == 12);
  CHECK(shard_of_webhook("oncall", 64) == 32);
  CHECK(shard_of_endpoint("internlm", 1) == 0);
}

TEST_CASE("a replica that goes moves its own shards only, and each other one gets some of them") {
  const std::vector<std::string> all{"mv-a", "mv-b", "mv-c"};
  const std::vector<std::string> left{"mv-a", "mv-c"};
  std::map<std::string, int> heirs;
  std::map<std::string, int> shares;
  for (Shard shard = 0; shard < kShards; ++shard) {
    const auto& before = wanted_owner(shard, all);
    const auto& after = wanted_owner(shard, left);
    ++shares[before];
    if (before == "mv-b") {
      ++heirs[after];
    } else {
      CHECK(after == before);
    }
  }
  CHECK(heirs.size() == 2);
  for (const auto& replica : all) CHECK(shares[replica] > 10);
}

TEST_CASE("a replica claims what is free and wanted here, and never what another one has") {
  const std::vector<std::string> live{"mv-a", "mv-b"};
  CHECK(plan_ownership("mv-a", all_owned_by("mv-b"), live).claim.empty());
  const auto plan = plan_ownership("mv-a", all_owned_by(""), live);
  for (const Shard shard : plan.claim) CHECK(wanted_owner(shard, live) == "mv-a");
  CHECK(plan.claim.size() + plan_ownership("mv-b", all_owned_by(""), live).claim.size() == kShards);
  CHECK(plan_ownership("mv-a", all_owned_by("mv-a"), std::vector<std::string>{"mv-a"})
            .release.empty());
}

TEST_CASE("a newcomer gets its share step by step, and then nothing moves any more") {
  Owners owners = all_owned_by("mv-a");
  const std::vector<std::string> live{"mv-a", "mv-b"};
  std::size_t rounds = 0;
  for (bool has_moved = true; has_moved; ++rounds) {
    const auto before = std::ranges::count(owners, "mv-a", &ShardOwner::replica);
    carry_out("mv-a", live, owners);
    const auto after = std::ranges::count(owners, "mv-a", &ShardOwner::replica);
    CHECK(before - after <= static_cast<std::ptrdiff_t>(released_at_once(kShards)));
    carry_out("mv-b", live, owners);
    has_moved = before != after;
  }
  CHECK(rounds > 2);
  for (const auto& [shard, replica] : owners) CHECK(replica == wanted_owner(shard, live));
}

TEST_CASE("before a store has said anything everything is ours, then what it says") {
  Ownership ownership;
  CHECK(ownership.has_endpoint("internlm"));
  CHECK(ownership.has_webhook("oncall"));
  ownership.gain(std::vector<Shard>{12}, 64);
  CHECK(ownership.has_endpoint("internlm"));
  CHECK_FALSE(ownership.has_webhook("oncall"));
  ownership.gain(std::vector<Shard>{32}, 64);
  CHECK(ownership.has_webhook("oncall"));
  ownership.lose(std::vector<Shard>{12});
  CHECK_FALSE(ownership.has_endpoint("internlm"));
  ownership.lose_all();
  CHECK_FALSE(ownership.has_webhook("oncall"));
}
