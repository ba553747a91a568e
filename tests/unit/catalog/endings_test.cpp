// Ends of models that a second list or a header tells.
#include "daemon/catalog/endings.h"

#include <doctest/doctest.h>

#include <map>

using namespace modelvane;

namespace {

const Time kDay = *parse_rfc3339("2027-01-20T00:00:00Z");

EndingsDocument feed() {
  EndingsDocument document;
  document.url = "https://feed.example/deprecations.json";
  document.source = "feed.example";
  document.id = {"/model_id"};
  document.fields.retires_at = {"/shutdown_date"};
  document.fields.replacement = {"/replacement_models/0"};
  return document;
}

const std::string kFeed = R"([
  {"provider":"Acme","model_id":"m-1","shutdown_date":"2027-01-20","replacement_models":["m-2"]},
  {"provider":"Other","model_id":"m-1","shutdown_date":"2026-12-01","replacement_models":[]},
  {"provider":"Acme","model_id":"m-2","shutdown_date":null}])";

std::optional<Lifecycle> ending_in(std::map<std::string, std::string, std::less<>> headers) {
  return ending_in_headers("m", [&](std::string_view name) -> std::string_view {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  });
}

}  // namespace

TEST_CASE("a feed's rows are read by the pointers of its own, and name their source") {
  auto document = feed();
  document.where = {{"/provider", "Acme"}};
  const auto endings = read_endings(document, "", kFeed);
  REQUIRE(endings);
  CHECK(endings->lifecycles ==
        std::vector<Lifecycle>{
            {.id = "m-1", .retires_at = kDay, .replacement = "m-2", .source = "feed.example"}});
}

TEST_CASE("`where` chooses among members of an object, values of sets, and flags as well") {
  auto document = feed();
  document.id = {""};
  document.where = {{"/providers/*", "Acme"}, {"/live", "true"}};
  const auto read = read_endings(document, "", R"({
      "m-1":{"providers":["Other","Acme"],"live":true,"shutdown_date":"2027-01-20"},
      "m-2":{"providers":["Other"],"live":true,"shutdown_date":"2027-01-20"},
      "m-3":{"providers":["Acme"],"live":false,"shutdown_date":"2027-01-20"}})");
  REQUIRE(read);
  REQUIRE(read->lifecycles.size() == 1);
  CHECK(read->lifecycles[0].id == "m-1");
  CHECK(read->notes.size() == 1);  // about the replacement
  CHECK(read_endings(document, "", std::string(200'000, '[')).error().reason == Reason::NotJson);
}

TEST_CASE("a feed that goes on is not the whole") {
  auto document = feed();
  document.items = {"/rows"};
  const auto read = read_endings(document, "", R"({"rows":[{"model_id":"m"}],"has_more":true})");
  REQUIRE_FALSE(read);
  CHECK(read.error().reason == Reason::Partial);
}

TEST_CASE("without `where` the earliest date of a model counts") {
  const auto endings = read_endings(feed(), "", kFeed);
  REQUIRE(endings);
  REQUIRE(endings->lifecycles.size() == 1);
  CHECK(endings->lifecycles.front().retires_at == *parse_rfc3339("2026-12-01T00:00:00Z"));
}

TEST_CASE("no wanted row is an answer, another document is an error") {
  auto document = feed();
  document.where = {{"/provider", "Nobody"}};
  CHECK(*read_endings(document, "", kFeed) == Catalog{});
  CHECK_FALSE(read_endings(feed(), "", "<html>"));
  document.items = {"/rows"};
  CHECK_FALSE(read_endings(document, "", kFeed));
}

TEST_CASE("the list's own date wins; a row that only says deprecated gets the date") {
  Catalog catalog;
  catalog.lifecycles = {{.id = "a", .retires_at = kDay, .replacement = ""},
                        {.id = "b", .retires_at = std::nullopt, .replacement = "b-2"}};
  const auto other = kDay + std::chrono::days{9};
  add_endings(catalog, {{.id = "a", .retires_at = other, .replacement = "x", .source = "feed"},
                        {.id = "b", .retires_at = other, .replacement = "", .source = "feed"},
                        {.id = "c", .retires_at = other, .replacement = "", .source = "feed"}});
  REQUIRE(catalog.lifecycles.size() == 3);
  CHECK(catalog.lifecycles[0].retires_at == kDay);
  CHECK(catalog.lifecycles[0].source.empty());
  CHECK(catalog.lifecycles[1].retires_at == other);
  CHECK(catalog.lifecycles[1].replacement == "b-2");
  CHECK(catalog.lifecycles[1].source == "feed");
  CHECK(catalog.lifecycles[2].id == "c");
}

TEST_CASE("Sunset is a date, Deprecation says that there will be one") {
  const auto sunset = ending_in({{"sunset", "Wed, 20 Jan 2027 00:00:00 GMT"}});
  REQUIRE(sunset);
  CHECK(sunset->retires_at == kDay);
  CHECK(sunset->source == kHeaderSource);
  const auto deprecated = ending_in({{"deprecation", "@1688169599"}});
  REQUIRE(deprecated);
  CHECK_FALSE(deprecated->retires_at);
  CHECK_FALSE(ending_in({}));
  CHECK_FALSE(ending_in({{"sunset", "soon"}}));
}
