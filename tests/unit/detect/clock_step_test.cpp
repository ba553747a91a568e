#include "daemon/detect/clock_step.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a clock that is set forward ends no waiting, and one that is set back prolongs none") {
  for (const Duration step : {Duration{24h * 365 * 5}, Duration{-24h * 365 * 5}}) {
    Story story;
    story.watched.policy.removed = {.polls = 2, .for_at_least = 10min};
    story.lists(models_and({{"n", ""}}), 2).lists(models_and({}), 5);
    story.now += step;
    move_times(story.state, step);
    story.lists(models_and({}), 5);
    CHECK(story.events().empty());
    story.lists(models_and({}), 1);
    REQUIRE(story.events() == Lines{"model.removed n"});
    const auto& [before, after] = *story.all[0].observed_between;
    CHECK(after - *before == 1min);
    CHECK(story.all[0].time - after == 10min);
  }
}

TEST_CASE("an outage lasts as long as it lasted, whatever the clock does meanwhile") {
  Story story;
  story.lists(models_and({}), 2).fails(3);
  story.now -= 24h;
  move_times(story.state, -24h);
  story.fails(2).lists(models_and({}), 2);
  REQUIRE(story.events() == Lines{"endpoint.down", "endpoint.up"});
  CHECK(story.all[1].lasted == 5min);
}

TEST_CASE("stored times in the future count as now") {
  Story story;
  story.watched.policy.removed = {.polls = 2, .for_at_least = 10min};
  story.now += 24h * 365;
  story.lists(models_and({{"n", ""}}), 2).lists(models_and({}), 1);
  story.now -= 24h * 365;
  clamp_times(story.state, story.now);
  story.lists(models_and({}), 10);
  CHECK(story.events().empty());
  story.lists(models_and({}), 1);
  REQUIRE(story.events() == Lines{"model.removed n"});
  const auto& [before, after] = *story.all[0].observed_between;
  CHECK(*before <= after);
}

}  // namespace
}  // namespace modelvane
