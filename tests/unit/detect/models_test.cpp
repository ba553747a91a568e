#include "daemon/detect/models.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a model is added when two polls have shown it") {
  Story story;
  story.lists(models_and({}), 2).lists(models_and({{"new", ""}}));
  CHECK(story.events().empty());
  CHECK(wants_poll_at(story.state, Policy{}, 5s, story.now) == story.now + 5s);
  story.lists(models_and({{"new", ""}}), 9);
  REQUIRE(story.events() == Lines{"model.added new"});
  CHECK(to_rfc3339(*story.all[0].observed_between->first) == "2026-11-22T10:01:00.000Z");
  CHECK(to_rfc3339(story.all[0].observed_between->second) == "2026-11-22T10:02:00.000Z");
  CHECK(story.all[0].subject() == "internlm/new");
}

TEST_CASE(
    "a model is removed when it has been missing for six hours, and the event names who still "
    "points to it") {
  Story story;
  story.lists(models_and({{"a", "old"}, {"old", ""}}), 2).lists(models_and({{"a", "old"}}), 360);
  CHECK(story.events().empty());
  story.lists(models_and({{"a", "old"}}), 9);
  REQUIRE(story.events() == Lines{"model.removed old"});
  CHECK(story.all[0].aliases == std::vector<std::string>{"a"});
  CHECK(story.all[0].summary == "old is gone from internlm's list; a still points to it");
}

TEST_CASE("a model that comes and goes before it was confirmed was nothing") {
  Story story;
  story.lists(models_and({{"x", ""}}), 2);
  for (int i = 0; i < 20; ++i)
    story.lists(models_and({{"y", ""}}), 1).lists(models_and({{"x", ""}}), 30);
  CHECK(story.events().empty());
  CHECK(story.state.pending_models.empty());
}

TEST_CASE("failed and quarantined polls neither add nor remove") {
  Story story;
  story.lists(models_and({}), 2);
  for (int i = 0; i < 4; ++i) story.fails(1).lists({{"m1", ""}}, 80).lists(models_and({}), 1);
  for (const auto& event : story.all) CHECK(event.model.empty());
}

TEST_CASE("an id that is an alias is no model: it raises alias events only") {
  Story story;
  story.lists(models_and({{"a", "m1"}}), 2)
      .lists(models_and({{"a", "m1"}, {"b", "m2"}}), 2)
      .lists(models_and({}), 800);
  CHECK(story.events() == Lines{"alias.appeared b: - -> m2", "alias.vanished a: m1 -> -",
                                "alias.vanished b: m2 -> -"});
}

TEST_CASE("another list is learnt silently, and its aliases are judged as before") {
  Story story;
  story.lists(models_and({{"a", "x"}}), 2);
  forget_list(story.state);
  story.lists({{"a", "x"}, {"other", ""}}, 9);
  CHECK(story.events().empty());
  CHECK(story.state.ids == IdList{"a", "other"});
}

TEST_CASE("the same catalog with nothing pending is not looked at again") {
  Story story;
  const auto list = Story::catalog(models_and({{"a", "x"}}));
  story.sees({.at = story.now, .result = list, .request_id = ""});
  CHECK(story.state.steady.catalog == list);
  CHECK(story.state.ids == list->ids);
  story.lists(models_and({{"a", "y"}}));
  CHECK(story.state.steady.catalog == nullptr);
  story.sees({.at = story.now, .result = list, .request_id = ""});
  story.sees({.at = story.now, .result = list, .request_id = ""});
  CHECK(story.events().empty());
  CHECK(story.state.last_good == story.now - 1min);
}

}  // namespace
}  // namespace modelvane
