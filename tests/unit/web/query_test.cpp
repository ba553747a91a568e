#include "daemon/web/query.h"

#include <doctest/doctest.h>

using namespace modelvane;

TEST_CASE("a query is decoded") {
  CHECK(parse_query("") == Query{});
  CHECK(parse_query("a=b") == Query{{"a", "b"}});
  CHECK(parse_query("a=b+c%20d%2Fe&&f&g==&a=%E2%82%AC") ==
        Query{{"a", "b c d/e"}, {"a", "\xe2\x82\xac"}, {"f", ""}, {"g", "="}});
  CHECK(parse_query("%61%3d=%&b=%4&c=%zz") == Query{{"a=", "%"}, {"b", "%4"}, {"c", "%zz"}});
}

TEST_CASE("a cursor comes back as it went out, and only to its own list") {
  const std::vector<std::string> after{"end/point", std::string{"\0<\xff.", 4}};
  const Query query{{"cursor", to_cursor('a', after)}};
  Parameters own{query};
  CHECK(own.page('a', 2, {.usual = 5, .max = 9}).after == after);
  CHECK_FALSE(own.refusal());
  Parameters other{query};
  CHECK(other.page('b', 2, {.usual = 5, .max = 9}).after.empty());
  CHECK(other.refusal());
  Parameters shorter{query};
  (void)shorter.page('a', 1, {.usual = 5, .max = 9});
  CHECK(shorter.refusal());
}

TEST_CASE("the first wrong parameter is the one that is refused, but an unknown one before all") {
  const Query query{{"limit", "x"}, {"flag", "maybe"}};
  Parameters parameters{query};
  CHECK(parameters.refusal()->body.view().find("unknown parameter") != std::string::npos);
  (void)parameters.number("limit", 1, 2);
  (void)parameters.flag("flag");
  CHECK(parameters.refusal()->body.view().find("parameter limit must be a number from 1 to 2") !=
        std::string::npos);
}
