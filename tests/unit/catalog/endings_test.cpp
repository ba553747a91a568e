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
  document.id = "/model_id";
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
  CHECK(*endings ==
        std::vector<Lifecycle>{
            {.id = "m-1", .retires_at = kDay, .replacement = "m-2", .source = "feed.example"}});
}

TEST_CASE("without `where` the earliest date of a model counts") {
  const auto endings = read_endings(feed(), "", kFeed);
  REQUIRE(endings);
  REQUIRE(endings->size() == 1);
  CHECK(endings->front().retires_at == *parse_rfc3339("2026-12-01T00:00:00Z"));
}

TEST_CASE("no wanted row is an answer, another document is an error") {
  auto document = feed();
  document.where = {{"/provider", "Nobody"}};
  CHECK(read_endings(document, "", kFeed)->empty());
  CHECK_FALSE(read_endings(feed(), "", "<html>"));
  document.items = "/rows";
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
