// Ends of models that one endpoint tells and another one's aliases point to.
#include "daemon/engine/ends_book.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "daemon/catalog/endings.h"
#include "daemon/detect/retirements.h"
#include "daemon/engine/endpoint_watch.h"
#include "tests/unit/engine/moment.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const Time kEnd = *parse_rfc3339("2026-12-04T00:00:00Z");

// A provider whose rows say when models end, and a gateway whose rows say what they point to.
EndpointConfig maker() {
  EndpointConfig config{.name = "maker", .url = "http://maker/v1/models"};
  config.reading.edit().lifecycle.retires_at = {"/ends"};
  return config;
}
EndpointConfig gateway() {
  EndpointConfig config{.name = "gateway", .url = "http://gateway/v1/models"};
  config.reading.edit().rules = {{.kind = Rule::Field, .pointer = "/target"}};
  return config;
}

const std::string kEnding = R"({"data":[{"id":"chat-1","ends":"2026-12-04"},{"id":"chat-2"}]})";
const std::string kNoEnding = R"({"data":[{"id":"chat-1"},{"id":"chat-2"}]})";
const std::string kAliases = R"({"data":[{"id":"chat","target":"chat-1"}]})";

struct World {
  EndsBook book;
  EndpointWatch maker_watch;
  EndpointWatch gateway_watch;
  Time now = kNow;

  explicit World(EndpointConfig other = gateway())
      : maker_watch(maker(), "test", &book), gateway_watch(other, "test", &book) {
    book.keep({maker(), other});
    maker_watch.restore({}, {}, kNow);
    gateway_watch.restore({}, {}, kNow);
  }
  std::vector<Event> poll(EndpointWatch& watch, const std::string& body) {
    now += 1min;
    const auto steady = now.time_since_epoch();
    watch.begin_poll(steady, true);
    REQUIRE(watch.next_request(now, steady).has_value());
    watch.take(HttpReply{.status = 200, .body = body}, now);
    REQUIRE_FALSE(watch.next_request(now, steady).has_value());
    return watch.finish_poll(now, steady, true).events;
  }
  std::vector<Event> poll_gateway(int times) {
    std::vector<Event> events;
    for (int i = 0; i < times; ++i) {
      for (auto& event : poll(gateway_watch, kAliases)) events.push_back(std::move(event));
    }
    return events;
  }
};

}  // namespace

TEST_CASE("an alias hears of its target's end from the endpoint whose list tells it") {
  World world;
  world.poll_gateway(2);
  world.poll(world.maker_watch, kEnding);
  const auto events = world.poll_gateway(3);
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == EventType::ModelRetirementSet);
  CHECK(events[0].model == "chat-1");
  CHECK(events[0].aliases == std::vector<std::string>{"chat"});
  CHECK(events[0].retirement.value().at == kEnd);
  CHECK(events[0].summary == "chat points to chat-1, which ends in 12 days, says maker");
  CHECK(events[1].type == EventType::ModelRetirementNear);
}

TEST_CASE("what the other endpoint takes back is taken back here") {
  World world;
  world.poll(world.maker_watch, kEnding);
  world.poll_gateway(2);
  CHECK(known_retirement(world.gateway_watch.state(), "chat-1", world.now).has_value());
  world.poll(world.maker_watch, kNoEnding);
  const auto events = world.poll_gateway(3);
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == EventType::ModelRetirementCleared);
}

TEST_CASE("an endpoint that was not polled since the start says nothing, and takes nothing back") {
  World world;
  world.poll(world.maker_watch, kEnding);
  world.poll_gateway(2);
  EndsBook fresh;
  fresh.keep({maker(), gateway()});
  EndpointWatch restarted{gateway(), "test", &fresh};
  restarted.restore(world.gateway_watch.state(), {}, world.now);
  for (int i = 0; i < 4; ++i) CHECK(world.poll(restarted, kAliases).empty());
  CHECK(known_retirement(restarted.state(), "chat-1", world.now).has_value());
  fresh.keep({gateway()});  // it has left: now nobody says so any more
  world.poll(restarted, kAliases);
  CHECK(world.poll(restarted, kAliases).size() == 1);
}

TEST_CASE("a list that has the model, and whose rows are read for ends, speaks for itself") {
  auto other = gateway();
  other.reading.edit().lifecycle.retires_at = {"/retires"};
  World world{other};
  world.poll(world.maker_watch, kEnding);
  const std::string own = R"({"data":[{"id":"chat","target":"chat-1"},{"id":"chat-1"}]})";
  for (int i = 0; i < 3; ++i) CHECK(world.poll(world.gateway_watch, own).empty());
  CHECK_FALSE(known_retirement(world.gateway_watch.state(), "chat-1", world.now).has_value());
}

TEST_CASE("of several endpoints' dates the first counts") {
  EndsBook book;
  auto second = maker();
  second.name = "region";
  book.keep({maker(), second, gateway()});
  const auto told = [](const char* date) {
    Catalog catalog;
    catalog.lifecycles = {{.id = "chat-1", .retires_at = parse_rfc3339(date), .replacement = ""}};
    return std::make_shared<const Catalog>(catalog);
  };
  book.tell("maker", told("2027-01-01T00:00:00Z"), {});
  book.tell("region", told("2026-12-04T00:00:00Z"), {});
  Catalog aliases;
  aliases.aliases = {{.id = "chat", .target = "chat-1,chat-2"}};
  EndsBook::Heard heard;
  const auto catalog = std::make_shared<const Catalog>(aliases);
  const auto joined = book.join(gateway(), {}, catalog, heard);
  REQUIRE(joined->lifecycles.size() == 1);
  CHECK(joined->lifecycles[0].source == "region");
  CHECK(joined->lifecycles[0].retires_at == kEnd);
  CHECK(book.join(gateway(), {}, catalog, heard) == joined);  // nothing new: the same object
  book.tell("maker", told("2026-12-01T00:00:00Z"), {});
  CHECK(book.join(gateway(), {}, catalog, heard)->lifecycles[0].source == "maker");
}

TEST_CASE("what a header said is passed on while it stands") {
  EndsBook book;
  book.keep({maker(), gateway()});
  EndpointState state;
  auto& ending = state.endings.emplace()["chat-1"].ending;
  ending.known = Ending{.at = kEnd, .replacement = "", .source = std::string{kHeaderSource}};
  book.tell("maker", std::make_shared<const Catalog>(), state);
  Catalog aliases;
  aliases.aliases = {{.id = "chat", .target = "chat-1"}};
  EndsBook::Heard heard;
  const auto joined =
      book.join(gateway(), {}, std::make_shared<const Catalog>(std::move(aliases)), heard);
  REQUIRE(joined->lifecycles.size() == 1);
  CHECK(joined->lifecycles[0].source == "maker");
}

TEST_CASE("ten thousand endpoints that each ask about their targets do so at once") {
  EndsBook book;
  Endpoints endpoints;
  for (int i = 0; i < 10'000; ++i) {
    auto one = maker();
    one.name += std::to_string(i);
    endpoints.emplace_back(std::move(one));
  }
  book.keep(endpoints);
  Catalog catalog;
  catalog.lifecycles = {{.id = "chat-1", .retires_at = kEnd, .replacement = ""}};
  for (int i = 0; i < 20; ++i)
    catalog.aliases.push_back(
        {.id = "alias-" + std::to_string(i), .target = "model-" + std::to_string(i)});
  const auto started = std::chrono::steady_clock::now();
  for (const auto& endpoint : endpoints) {
    const auto own = std::make_shared<const Catalog>(catalog);
    EndsBook::Heard heard;
    book.tell(endpoint->name, own, {});
    CHECK(book.join(endpoint, {}, own, heard) == own);
  }
  // Tens of milliseconds; looking through all endpoints for each target took minutes.
  CHECK(std::chrono::steady_clock::now() - started < 10s);
}
