// Ids that go and come back are believed to be gone only after twice as long.
#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

Targets with(Targets others) {
  for (const auto* id : {"m1", "m2", "m3", "m4"}) others.emplace(id, "");
  return others;
}

TEST_CASE("an id that came back before its leaving was told needs twice the polls and the time") {
  Story story;
  story.watched.policy.removed = {.polls = 2, .for_at_least = 4min};
  story.lists(with({{"n", ""}}), 2).lists(with({})).lists(with({{"n", ""}}), 9);
  story.lists(with({}), 8);
  CHECK(story.events().empty());
  story.lists(with({}), 1);
  CHECK(story.events() == Lines{"model.removed n"});
}

TEST_CASE("so does one that came back within two days after it was told, and an alias as well") {
  Story story;
  story.watched.policy.removed = story.watched.policy.vanished = {.polls = 2};
  const auto both = with({{"a", "x"}, {"n", ""}});
  story.lists(both, 2).lists(with({}), 2).lists(both, 9);
  REQUIRE(story.all.size() == 4);
  story.lists(with({}), 3);
  CHECK(story.all.size() == 4);
  story.lists(with({}), 1);
  CHECK(story.all.size() == 6);
}

TEST_CASE("one that came back later is as any other") {
  Story story;
  story.watched.policy.removed = {.polls = 2};
  story.lists(with({{"n", ""}}), 2).lists(with({}), 2);
  story.now += 49h;
  story.lists(with({{"n", ""}}), 9).lists(with({}), 2);
  CHECK(story.events() == Lines{"model.removed n", "model.added n", "model.removed n"});
}

}  // namespace
}  // namespace modelvane
