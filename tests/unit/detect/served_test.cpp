// A provider's word against the user's own traffic.
#include <doctest/doctest.h>

#include "daemon/detect/advance.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

// A list whose rows tell targets, and traffic that is asked at each poll.
struct Endpoint {
  EndpointState state;
  Watched watched{.endpoint = "acme", .instance = "test"};
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

  std::vector<Event> poll(const Catalog& catalog, int times = 1) {
    std::vector<Event> events;
    for (int i = 0; i < times; ++i) {
      now += 1min;
      auto advanced =
          advance(std::move(state), {.at = now, .result = std::make_shared<const Catalog>(catalog)},
                  watched);
      state = std::move(advanced.state);
      for (auto& event : advanced.events) events.push_back(std::move(event));
    }
    return events;
  }
};

Catalog listing(const std::string& traffic) {
  Catalog catalog;
  catalog.ids = {"m-1", "m-2", "m-latest"};
  catalog.aliases = {{.id = "m-latest", .target = "m-1"}};
  if (!traffic.empty())
    catalog.traffic = {{.id = "m-latest", .target = traffic, .rule = Rule::Served}};
  return catalog;
}

}  // namespace

TEST_CASE("traffic that differs from the list for longer than a rollout is told once") {
  Endpoint endpoint;
  CHECK(endpoint.poll(listing("m-1"), 3).empty());
  CHECK(endpoint.poll(listing("m-2"), 30).empty());
  const auto told = endpoint.poll(listing("m-2"), 30);
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == EventType::AliasDisagrees);
  CHECK(told[0].between == "served");
  CHECK(told[0].views ==
        std::vector<PeerView>{{"acme", Rule::Field, "m-1"}, {"acme", Rule::Served, "m-2"}});
  CHECK(told[0].summary == "acme says that m-latest is m-1, but its requests are answered by m-2");
  CHECK(endpoint.poll(listing(""), 30).empty());
  const auto ended = endpoint.poll(listing("m-1"), 3);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].type == EventType::AliasAgrees);
}

TEST_CASE("an alias known from traffic is frozen by its silence, not vanished") {
  Endpoint endpoint;
  Catalog heard;
  heard.ids = {"m-1"};
  heard.aliases = {{.id = "hidden", .target = "m-1", .rule = Rule::Served}};
  Catalog silent;
  silent.ids = heard.ids;
  silent.unasked = {"hidden"};
  endpoint.poll(heard, 3);
  const auto last = endpoint.now;
  CHECK(endpoint.poll(silent, 2'000).empty());
  const auto& alias = endpoint.state.aliases.at("hidden");
  CHECK(alias.status() == AliasStatus::Resolved);
  CHECK(last_seen(endpoint.state, alias) == last);
}

TEST_CASE("the first that traffic says of an alias is its baseline, and what follows is told") {
  Endpoint endpoint;
  Catalog catalog;
  catalog.ids = {"m-1", "m-2"};
  CHECK(endpoint.poll(catalog, 3).empty());
  catalog.aliases = {{.id = "hidden", .target = "m-1", .rule = Rule::Served}};
  CHECK(endpoint.poll(catalog, 3).empty());
  CHECK(endpoint.state.aliases.at("hidden").target() == "m-1");
  catalog.aliases[0].target = "m-2";
  const auto told = endpoint.poll(catalog, 3);
  REQUIRE(told.size() == 1);
  CHECK(told[0].type == EventType::AliasMoved);
}
