// What is shown of an endpoint beside what advance() decides: pins that nothing answers, and what
// the list's reader should know.
#include "daemon/engine/endpoint_watch.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include "tests/unit/engine/moment.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

EndpointConfig endpoint() {
  EndpointConfig config{.name = "e", .url = "http://api/v1/models"};
  config.reading.edit().rules = {{.kind = Rule::Field, .pointer = "/ref_model"}};
  return config;
}

void poll(EndpointWatch& watch, const std::string& body) {
  watch.begin_poll(0s, true);
  REQUIRE(watch.next_request(kNow, 0s).has_value());
  watch.take(HttpReply{.status = 200, .body = body}, kNow);
  watch.finish_poll(kNow, 0s, true);
  watch.show(watch.state(), {});
}

std::vector<AliasView> aliases_of(EndpointWatch& watch) {
  return watch.view()->known->aliases;
}

}  // namespace

TEST_CASE("a pin on an alias that no list names is shown as broken, beside the aliases there are") {
  auto config = endpoint();
  config.pins = {{"chat-lastest", {"chat-1"}}, {"plain", {"chat-1"}}};
  EndpointWatch watch{config, "test"};
  watch.restore({}, {}, kNow);
  CHECK(aliases_of(watch).empty());  // nothing is known before the first list
  poll(watch, R"({"data":[{"id":"chat-latest","ref_model":"chat-1"},{"id":"plain"}]})");
  const auto aliases = aliases_of(watch);
  REQUIRE(aliases.size() == 3);
  CHECK(std::ranges::is_sorted(aliases, {}, &AliasView::alias));
  CHECK(aliases[0].alias == "chat-lastest");
  CHECK(aliases[0].status == AliasStatus::Absent);
  CHECK_FALSE(aliases[0].pin.value().ok);
  CHECK_FALSE(aliases[1].pin.has_value());
  CHECK(aliases[2].status == AliasStatus::Undisclosed);
  CHECK_FALSE(aliases[2].pin.value().ok);
}

TEST_CASE("what a list cannot say is shown until it can") {
  auto config = endpoint();
  config.reading.edit().own.rules = true;
  EndpointWatch watch{config, "test"};
  watch.restore({}, {}, kNow);
  poll(watch, R"({"data":[{"id":"chat-latest"}]})");
  REQUIRE(watch.view()->notes.size() == 1);
  CHECK(watch.view()->notes[0].rule == "field /ref_model");
  poll(watch, R"({"data":[{"id":"chat-latest","ref_model":"chat-1"}]})");
  CHECK(watch.view()->notes.empty());
}

TEST_CASE("a refused key is known as new as soon as its file has changed, and not before") {
  char folder[] = "/tmp/modelvane-key-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string file = std::string{folder} + "/key";
  std::ofstream{file} << "first";
  auto config = endpoint();
  config.access.edit().authorization =
      Authorization{.credentials = SecretRef{SecretRef::From::File, file}};
  EndpointWatch watch{config, "test"};
  watch.restore({}, {}, kNow);
  watch.begin_poll(0s, true);
  REQUIRE(watch.next_request(kNow, 0s).has_value());
  watch.take(HttpReply{.status = 401}, kNow);
  watch.finish_poll(kNow, 0s, true);
  REQUIRE(watch.is_refused());
  CHECK_FALSE(watch.has_new_key());
  std::ofstream{file} << "second";
  CHECK(watch.has_new_key());
}

}  // namespace modelvane
