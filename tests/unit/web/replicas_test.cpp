// What a replica shows of endpoints that others watch.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/web/view_text.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using Json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

Json rows(const World& world, const std::string& list) {
  return Json::parse(get(world.address(), "/api/v1/" + list).body)[list.substr(0, list.find('?'))];
}

// The endpoints that mv-a watches, and what it was told of the others.
void share(World& world, std::vector<std::string> own, std::vector<EndpointView> elsewhere) {
  std::erase_if(world.snapshot.endpoints,
                [&](const auto& view) { return std::ranges::find(own, view->name) == own.end(); });
  ClusterView cluster;
  cluster.replica = "mv-a";
  world.snapshot.daemon.cluster = std::make_shared<const ClusterView>(cluster);
  std::vector<RemoteEndpoint> others;
  for (auto& view : elsewhere) {
    others.push_back({.view = std::make_shared<const EndpointView>(std::move(view)),
                      .replica = "mv-b",
                      .address = "https://mv-b.example",
                      .at = sample::noon() - 7s});
  }
  world.snapshot.elsewhere = std::make_shared<const std::vector<RemoteEndpoint>>(std::move(others));
}

}  // namespace

TEST_CASE("another replica shows an endpoint as its owner does") {
  World owner;
  World other;
  std::vector<EndpointView> told;
  for (const auto& view : owner.snapshot.endpoints) {
    auto read = read_view_text(to_view_text(*view));
    REQUIRE(read.has_value());
    told.push_back(std::move(*read));
  }
  std::ranges::sort(told, {}, &EndpointView::name);
  share(other, {}, std::move(told));
  for (const std::string list : {"endpoints?hours=true", "aliases", "models", "pins"}) {
    CAPTURE(list);
    const auto sorted = [&](const World& world) {
      std::vector<std::string> all;
      for (auto row : rows(world, list)) {
        row.erase("replica");
        all.push_back(row.dump());
      }
      std::ranges::sort(all);
      return all;
    };
    const auto expected = sorted(owner);
    CHECK_FALSE(expected.empty());
    CHECK(sorted(other) == expected);
  }
}

TEST_CASE("an endpoint of another replica is marked with that and with its age") {
  World world;
  auto far = sample::internlm();
  far.name = "far";
  share(world, {"internlm"}, {far});
  const auto endpoints = rows(world, "endpoints");
  REQUIRE(endpoints.size() == 2);
  CHECK(endpoints[0]["name"] == "internlm");
  CHECK(endpoints[0]["replica"] ==
        Json{{"name", "mv-a"}, {"address", nullptr}, {"as_of", nullptr}});
  CHECK(endpoints[1]["name"] == "far");
  CHECK(endpoints[1]["replica"] == Json{{"name", "mv-b"},
                                        {"address", "https://mv-b.example"},
                                        {"as_of", "2026-11-22T09:59:53.000Z"}});
  CHECK(Json::parse(get(world.address(), "/api/v1/status").body)["counts"]["endpoints"] == 2);
  CHECK(get(world.address(), "/api/v1/endpoints/far/history").status == 200);
}

TEST_CASE("what an endpoint's new owner sees counts, not what the one before told") {
  World world;
  share(world, {"internlm"}, {sample::internlm()});
  const auto endpoints = rows(world, "endpoints");
  REQUIRE(endpoints.size() == 1);
  CHECK(endpoints[0]["replica"]["name"] == "mv-a");
}

TEST_CASE("metrics hold a replica's own endpoints alone") {
  World world;
  auto far = sample::internlm();
  far.name = "far";
  share(world, {"internlm"}, {far});
  CHECK(get(world.address(), "/metrics").body.find("endpoint=\"far\"") == std::string::npos);
}

TEST_CASE("who asks the wrong replica for a poll is sent to the right one") {
  World world;
  auto far = sample::internlm();
  far.name = "far";
  share(world, {"internlm"}, {far});
  const auto answer = fetch(world.address(), request("POST", "/-/poll?endpoint=far"));
  CHECK(answer.status == 421);
  CHECK(answer.body.find("far belongs to replica mv-b: ask that one at https://mv-b.example") !=
        std::string::npos);
  CHECK(fetch(world.address(), request("POST", "/-/poll?endpoint=nobody")).status == 404);
  CHECK(world.polled.empty());
}

TEST_CASE("texts of other versions are read as far as they can be") {
  CHECK_FALSE(read_view_text("{").has_value());
  CHECK_FALSE(read_view_text("[]").has_value());
  CHECK_FALSE(read_view_text("{}").has_value());
  CHECK_FALSE(read_view_text(R"({"name": 7})").has_value());
  const auto view = read_view_text(
      R"({"name": "a", "colour": "red", "known": {"availability": "asleep", "models": ["b", "a"]}})");
  REQUIRE(view.has_value());
  CHECK(view->known->availability == Availability::Unknown);
  CHECK(view->known->models == IdList{"a", "b"});
}
