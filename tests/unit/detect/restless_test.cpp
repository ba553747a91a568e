// Ids that go and come back are believed to be gone only after twice as long.
#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("an id that came back before its leaving was told needs twice the polls and the time") {
  Story story;
  story.watched.policy.removed = {.polls = 2, .for_at_least = 4min};
  story.lists(models_and({{"n", ""}}), 2).lists(models_and({})).lists(models_and({{"n", ""}}), 9);
  story.lists(models_and({}), 8);
  CHECK(story.events().empty());
  story.lists(models_and({}), 1);
  CHECK(story.events() == Lines{"model.removed n"});
}

TEST_CASE("so does one that came back within two days after it was told, and an alias as well") {
  Story story;
  story.watched.policy.removed = story.watched.policy.vanished = {.polls = 2};
  const auto both = models_and({{"a", "x"}, {"n", ""}});
  story.lists(both, 2).lists(models_and({}), 2).lists(both, 9);
  REQUIRE(story.all.size() == 4);
  story.lists(models_and({}), 3);
  CHECK(story.all.size() == 4);
  story.lists(models_and({}), 1);
  CHECK(story.all.size() == 6);
}

TEST_CASE("one that came back later is as any other") {
  Story story;
  story.watched.policy.removed = {.polls = 2};
  story.lists(models_and({{"n", ""}}), 2).lists(models_and({}), 2);
  story.now += 49h;
  story.lists(models_and({{"n", ""}}), 9).lists(models_and({}), 2);
  CHECK(story.events() == Lines{"model.removed n", "model.added n", "model.removed n"});
}

}  // namespace
}  // namespace modelvane
