// Endpoints of one group that are compared: a rollout is no difference, what stays is one.
#include <doctest/doctest.h>

#include "daemon/detect/peers.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

EndpointState saying(const std::string& target, Rule rule = Rule::Field) {
  EndpointState state;
  state.has_baseline = true;
  AliasState alias;
  alias.sighting.known = {AliasStatus::Resolved, target};
  alias.rule = rule;
  state.aliases.emplace("m-latest", alias);
  return state;
}

// Two regions of one provider, polled once a minute.
struct Group {
  EndpointState mine = saying("m-1");
  EndpointState theirs = saying("m-1");
  Watched watched{.endpoint = "eu", .instance = "test", .compare = "acme"};
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

  std::vector<Event> poll(int times = 1) {
    const std::string other = "us";
    std::vector<Event> events;
    for (int i = 0; i < times; ++i) {
      now += 1min;
      auto compared = judge_peers(mine, watched, {{other, theirs}}, now);
      for (auto& event : compared.events) events.push_back(std::move(event));
    }
    return events;
  }
};

}  // namespace

TEST_CASE("a difference that outlasts a rollout is told once, with what each endpoint says") {
  Group group;
  CHECK(group.poll(5).empty());
  group.theirs = saying("m-2");
  CHECK(group.poll(30).empty());
  const auto told = group.poll(30);
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == EventType::AliasDisagrees);
  CHECK(told[0].alias == "m-latest");
  CHECK(told[0].between == "compare");
  CHECK(told[0].group == "acme");
  CHECK(told[0].views ==
        std::vector<PeerView>{{"eu", Rule::Field, "m-1"}, {"us", Rule::Field, "m-2"}});
  CHECK(told[0].summary == "the endpoints of acme disagree on m-latest: eu says m-1, us says m-2");
}

TEST_CASE("a rollout that reaches both within half an hour is no difference") {
  Group group;
  group.poll();
  group.theirs = saying("m-2");
  CHECK(group.poll(25).empty());
  group.mine.aliases.at("m-latest").sighting.known.target = "m-2";
  CHECK(group.poll(60).empty());
}

TEST_CASE("that they agree again is told when two polls say so") {
  Group group;
  group.theirs = saying("m-2");
  REQUIRE(group.poll(40).size() == 1);
  group.theirs = saying("m-1");
  CHECK(group.poll(1).empty());
  const auto told = group.poll(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == EventType::AliasAgrees);
}

TEST_CASE("targets that were learnt by different rules are not compared") {
  Group group;
  group.theirs = saying("m-2", Rule::Echo);
  CHECK(group.poll(60).empty());
}

TEST_CASE("an alias that one endpoint does not have, or hides, is no difference") {
  Group group;
  group.theirs.aliases.clear();
  CHECK(group.poll(60).empty());
  group.theirs = saying("m-2");
  group.theirs.aliases.at("m-latest").sighting.known.status = AliasStatus::Undisclosed;
  CHECK(group.poll(60).empty());
}

TEST_CASE("what is told of a difference ends when the alias goes") {
  Group group;
  group.theirs = saying("m-2");
  REQUIRE(group.poll(40).size() == 1);
  group.mine.aliases.at("m-latest").sighting.known.status = AliasStatus::Absent;
  CHECK(group.poll(2).back().type == EventType::AliasAgrees);
}
