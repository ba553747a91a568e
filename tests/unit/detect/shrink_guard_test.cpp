#include "daemon/detect/shrink_guard.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

Targets models(int from, int to, Targets others = {}) {
  for (int i = from; i < to; ++i) others.emplace("m" + std::to_string(i), "");
  return others;
}

Story story_of(const Targets& first) {
  Story story;
  story.watched.policy.removed = {.polls = 2};
  story.watched.policy.vanished = {.polls = 2};
  story.watched.policy.shrink_guard.hold = 10min;
  story.lists(first, 2);
  return story;
}

TEST_CASE(
    "ids that leave together are doubted by name, and nothing is told of them until they come "
    "back") {
  Story story = story_of(models(0, 8));
  story.lists(models(4, 8), 9);
  REQUIRE(story.events() == Lines{"catalog.quarantined"});
  CHECK(story.all[0].ids == std::vector<std::string>{"m0", "m1", "m2", "m3"});
  CHECK(story.all[0].ids_count == 4);
  CHECK(story.all[0].models_before == 8);
  CHECK(story.all[0].models_now == 4);
  CHECK(story.all[0].summary ==
        "4 of 8 models left internlm's list at once (m0, m1, m2, m3): not believed until they come "
        "back or 10m have passed");
  story.lists(models(0, 8), 30);
  REQUIRE(story.events() == Lines{"catalog.quarantined", "catalog.accepted"});
  CHECK(story.all[1].lasted == 9min);
  CHECK(
      story.all[1].summary ==
      "4 models that left internlm's list (m0, m1, m2, m3) are believed again: the list came back");
}

TEST_CASE("ids that stay away for the hold are believed to be gone, with honest bounds") {
  Story story = story_of(models(0, 8));
  const Time last_seen = story.now - 1min;
  story.lists(models(4, 8), 10);
  CHECK(story.events() == Lines{"catalog.quarantined"});
  story.lists(models(4, 8), 3);
  REQUIRE(story.events() == Lines{"catalog.quarantined", "catalog.accepted", "model.removed m0",
                                  "model.removed m1", "model.removed m2", "model.removed m3"});
  CHECK(story.all[2].observed_between->first == last_seen);
}

TEST_CASE("what the list says of the ids that it still has is believed at once") {
  Story story = story_of(models(0, 8, {{"a", "x"}, {"b", "y"}}));
  story.lists(models(4, 8, {{"a", "z"}}), 2);
  CHECK(story.events() == Lines{"catalog.quarantined", "alias.moved a: x -> z"});
  CHECK(story.state.aliases.at("b").target() == "y");
  story.lists(models(4, 8, {{"a", "z"}, {"new", ""}}), 2);
  CHECK(story.events().back() == "model.added new");
}

TEST_CASE("a list shorter than `least` is believed by confirmation alone") {
  Story story = story_of({{"one", ""}});
  story.lists({{"other", ""}}, 3);
  CHECK(story.events() == Lines{"model.removed one", "model.added other"});
  Story pair = story_of({{"a", "x"}, {"b", "y"}});
  pair.lists({{"a", "z"}}, 2);
  CHECK(pair.events() == Lines{"alias.moved a: x -> z", "alias.vanished b: y -> -"});
}

TEST_CASE("an id that is still named as a target has not left together with the others") {
  Story story = story_of(models(0, 5, {{"a", "m0"}}));
  story.lists(models(3, 5, {{"a", "m0"}}), 1);
  CHECK(story.events().empty());
  story.lists(models(0, 5, {{"a", "m0"}}), 1).lists(models(3, 5, {{"a", ""}}), 1);
  CHECK(story.events() == Lines{"catalog.quarantined"});
}

TEST_CASE("an alias that only doubted rows told of stands as it is known") {
  auto list = [](const Targets& targets) {
    auto catalog = std::make_shared<Catalog>(*Story::catalog(targets));
    if (catalog->has("m0"))
      catalog->aliases = {{.id = "latest", .target = "m0", .rule = Rule::Reverse, .evidence = ""}};
    return catalog;
  };
  Story story = story_of(models(0, 8));
  story.state = {};
  const auto shows = [&](const Targets& targets, int polls) {
    while (polls-- > 0) story.sees({.at = story.now, .result = list(targets), .request_id = ""});
  };
  shows(models(0, 8), 2);
  shows(models(4, 8), 9);
  CHECK(story.events() == Lines{"catalog.quarantined"});
  CHECK(story.state.aliases.at("latest").target() == "m0");
  shows(models(4, 8), 4);
  CHECK(std::ranges::count(story.events(), "alias.vanished latest: m0 -> -") == 1);
}

TEST_CASE("whoever joins the doubted makes the hold begin anew") {
  Story story = story_of(models(0, 8));
  story.lists(models(3, 8), 8).lists(models(4, 8), 10);
  CHECK(story.events() == Lines{"catalog.quarantined"});
  story.lists(models(4, 8), 1);
  CHECK(story.events() == Lines{"catalog.quarantined", "catalog.accepted"});
}

TEST_CASE("replicas with unlike lists add and remove nothing while they alternate") {
  Story story = story_of(models(0, 8));
  for (int i = 0; i < 200; ++i) story.lists(models(8, 16), 1).lists(models(0, 8), 1);
  for (const auto& event : story.all) CHECK(event.model.empty());
}

TEST_CASE("the end of a doubted model stands as it is known") {
  Story story;
  const auto list = [&](int from) {
    auto catalog = std::make_shared<Catalog>(*Story::catalog(models(from, 8)));
    if (from == 0) {
      const Time end = *parse_rfc3339("2027-11-22T10:00:00Z");
      catalog->lifecycles = {{.id = "m0", .retires_at = end, .replacement = ""}};
    }
    return catalog;
  };
  story.sees({.at = story.now, .result = list(0), .request_id = ""});
  for (int i = 0; i < 9; ++i) story.sees({.at = story.now, .result = list(4), .request_id = ""});
  CHECK(story.events() == Lines{"catalog.quarantined"});
  CHECK(story.state.endings->at("m0").ending.known.has_value());
}

TEST_CASE("a quarantine of an earlier version, which named no ids, goes on in silence") {
  Story story = story_of(models(0, 8));
  story.state.quarantine = Quarantine{.since = story.now - 5min, .models_now = 4};
  story.lists(models(4, 8), 4);
  CHECK(story.events().empty());
  CHECK(story.state.quarantine->ids == IdList{"m0", "m1", "m2", "m3"});
  story.lists(models(4, 8), 3);
  CHECK(story.events().front() == "catalog.accepted");
}

TEST_CASE("more than fifty ids that come at once are one event") {
  Story story = story_of(models(0, 8));
  story.lists(models(0, 58), 3);
  CHECK(story.all.size() == 50);
  Story grown = story_of(models(0, 8));
  grown.lists(models(0, 59, {{"a-latest", "m0"}, {"b-latest", "m1"}}), 3);
  REQUIRE(grown.events() == Lines{"catalog.grew"});
  CHECK(grown.all[0].ids_count == 53);
  CHECK(grown.all[0].models_before == 8);
  CHECK(grown.all[0].models_now == 61);
  CHECK(grown.all[0].summary ==
        "53 models are new in internlm's list at once: a-latest, b-latest, m10 and 50 more");
  CHECK(grown.state.aliases.at("a-latest").target() == "m0");
}

}  // namespace
}  // namespace modelvane
