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

TEST_CASE(
    "a list that took a removal back is believed later by what that one needed, and a quarter") {
  Story story;
  story.watched.policy.removed = {.polls = 2, .for_at_least = 60min};
  const auto all = models_and({{"a", ""}, {"b", ""}, {"c", ""}});
  const auto without = [](const std::string& gone) {
    Targets rows;
    for (const std::string id : {"a", "b", "c"})
      if (id != gone) rows.emplace(id, "");
    return models_and(rows);
  };
  // Told after an hour, and back 81 polls later: that much too early.
  story.lists(all, 2).lists(without("a"), 61 + 80).lists(all, 2);
  REQUIRE(story.all.size() == 2);
  story.lists(without("b"), 60 + 81 * 5 / 4 - 2);
  CHECK(story.all.size() == 2);
  story.lists(without("b"), 4);
  CHECK(story.all.size() == 3);
}

TEST_CASE("no list delays a removal by more than a day, or than four times what the user wants") {
  for (const auto& [usual, most] : {std::pair{Duration{6h}, Duration{30h}},
                                    {Duration{1h}, Duration{5h}},
                                    {Duration{48h}, Duration{72h}}}) {
    Story story;
    story.watched.policy.removed = {.polls = 2, .for_at_least = usual};
    story.lists(models_and({{"a", ""}, {"b", ""}}), 2);
    story.state.restless.taken_back = {{.at = story.now - 1min, .early = 47h}};
    story.lists(models_and({{"b", ""}}), 1);
    story.now += most - 10min;
    story.lists(models_and({{"b", ""}}), 1);
    CHECK(story.all.empty());
    story.now += 10min;
    story.lists(models_and({{"b", ""}}), 1);
    CHECK(story.all.size() == 1);
  }
}

TEST_CASE("what a list taught is forgotten after ninety days") {
  Story story;
  story.watched.policy.removed = {.polls = 2, .for_at_least = 1min};
  story.lists(models_and({{"a", ""}, {"b", ""}}), 2);
  story.state.restless.taken_back = {{.at = story.now - 24h * 91, .early = 47h}};
  story.lists(models_and({{"b", ""}}), 3);
  CHECK(story.events() == Lines{"model.removed a"});
}

}  // namespace
}  // namespace modelvane
