#include "daemon/text/glob.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

TEST_CASE("a star stands for any run of characters, all else for itself") {
  CHECK(glob_matches("alias.*", "alias.moved"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*.moved", "alias.moved"));
  CHECK(glob_matches("a*b*c", "a-b-b-c"));
  CHECK_FALSE(glob_matches("alias.*", "endpoint.up"));
  CHECK_FALSE(glob_matches("alias", "alias.moved"));
  CHECK_FALSE(glob_matches("a.b", "axb"));
  CHECK_FALSE(glob_matches("", "x"));
}

TEST_CASE("labels match when each pattern has its label, whatever else is labelled") {
  const std::map<std::string, std::string> labels{{"team", "search"}, {"stage", "production"}};
  CHECK(labels_match({}, labels));
  CHECK(labels_match({{"team", "s*"}}, labels));
  CHECK(labels_match({{"team", "search"}, {"stage", "prod*"}}, labels));
  CHECK_FALSE(labels_match({{"team", "search"}, {"stage", "test"}}, labels));
  CHECK_FALSE(labels_match({{"region", "*"}}, labels));
}

}  // namespace
}  // namespace modelvane
