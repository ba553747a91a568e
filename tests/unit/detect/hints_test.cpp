// Hints, undisclosed aliases and pins: what can be said of an alias besides its target.
#include "daemon/detect/hints.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// A list of m1..m4 and the alias "a", named as one.
std::shared_ptr<Catalog> with_named(const std::string& target = "") {
  auto list = std::make_shared<Catalog>(
      *Story::catalog({{"a", target}, {"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}}));
  if (target.empty()) list->undisclosed = {"a"};
  return list;
}

void shows(Story& story, const std::shared_ptr<const Catalog>& list, int polls = 1) {
  while (polls-- > 0) story.sees({.at = story.now, .result = list, .request_id = ""});
}

std::shared_ptr<Catalog> with_hint(const std::string& value, const std::string& target = "") {
  auto list = with_named(target);
  list->hints = {{.id = "a", .values = {value, "\"same\""}}};
  return list;
}

Story hinted() {
  Story story;
  story.watched.hints = {"/created", "/owned_by"};
  return story;
}

TEST_CASE("an alias by name is known without a target, comes and goes") {
  Story story;
  shows(story, with_named(), 2);
  CHECK(story.state.aliases.at("a").status() == AliasStatus::Undisclosed);
  story.lists({{"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}}, 12);
  CHECK(story.events() == Lines{"alias.vanished a: - -> -"});
  CHECK(story.all[0].summary == "a vanished from internlm's list");
  CHECK_FALSE(story.all[0].rule.has_value());
  shows(story, with_named(), 3);
  CHECK(story.events().back() == "alias.appeared a: - -> -");
  shows(story, with_named("x"), 3);
  CHECK(story.events().back() == "alias.disclosed a: - -> x");
  story.lists({{"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}}, 900);
  CHECK(story.all.size() == 4);
}

TEST_CASE("an alias that is no longer named as one is forgotten silently") {
  Story story;
  shows(story, with_named(), 2);
  story.lists({{"a", ""}, {"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}}, 9);
  CHECK(story.events().empty());
  CHECK(story.state.aliases.empty());
}

TEST_CASE("an alias that was not asked about stands as it is, neither confirmed nor counted") {
  Story story;
  auto asked = with_named("x");
  asked->aliases[0].rule = Rule::Lookup;
  auto unasked = with_named();
  unasked->undisclosed.clear();
  unasked->unasked = {"a"};
  shows(story, asked);
  shows(story, unasked, 9);
  auto moved = with_named("y");
  moved->aliases[0].rule = Rule::Lookup;
  shows(story, moved);
  shows(story, unasked, 9);
  CHECK(story.events().empty());
  CHECK(story.state.aliases.at("a").sighting.pending->polls == 1);
  shows(story, moved);
  REQUIRE(story.events() == Lines{"alias.moved a: x -> y"});
  CHECK(to_rfc3339(*story.all[0].observed_between->first) == "2026-11-22T10:00:00.000Z");
  CHECK(to_rfc3339(story.all[0].observed_between->second) == "2026-11-22T10:10:00.000Z");
}

TEST_CASE("the first answer about an alias of the baseline is a part of the baseline") {
  Story story;
  auto unasked = with_named();
  unasked->undisclosed.clear();
  unasked->unasked = {"a"};
  shows(story, unasked, 3);
  auto asked = with_named("x");
  asked->aliases[0].rule = Rule::Echo;
  shows(story, asked, 3);
  CHECK(story.events().empty());
  CHECK(story.state.aliases.at("a").target() == "x");
}

TEST_CASE("a watched value that changes on a hidden alias is a hint, once two polls agree") {
  Story story = hinted();
  shows(story, with_hint("1"), 2);
  shows(story, with_hint("2"));
  shows(story, with_hint("1"), 2);
  CHECK(story.events().empty());
  shows(story, with_hint("3"), 9);
  REQUIRE(story.events() == Lines{"alias.hint a: - -> -"});
  CHECK(story.all[0].changed ==
        std::vector<HintChange>{{.pointer = "/created", .from = "1", .to = "3"}});
  CHECK(story.all[0].summary == "a may have moved: /created changed on its row");
}

TEST_CASE("a move takes the changed values along instead of a hint of its own") {
  Story story = hinted();
  shows(story, with_hint("1", "x"), 2);
  shows(story, with_hint("2", "y"), 9);
  REQUIRE(story.events() == Lines{"alias.moved a: x -> y"});
  CHECK(story.all[0].changed ==
        std::vector<HintChange>{{.pointer = "/created", .from = "1", .to = "2"}});
  shows(story, with_hint("3", "y"), 2);
  CHECK(story.events().back() == "alias.hint a: - -> -");
}

TEST_CASE("a pin breaks once with the move, and is restored once with the move back") {
  Story story;
  story.watched.pins = {{"a", {"x", "z"}}};
  shows(story, with_named("x"), 2);
  shows(story, with_named("y"), 9);
  shows(story, with_named("z"), 9);
  REQUIRE(story.events() == Lines{"alias.moved a: x -> y", "alias.pin_broken a: - -> y",
                                  "alias.moved a: y -> z", "alias.pin_restored a: - -> z"});
  CHECK(story.all[1].summary == "a points to y, which is not approved (approved: x, z)");
  CHECK(story.all[1].pin == PinState{{"x", "z"}, false});
}

TEST_CASE("a pin that does not hold at the first sight is broken, one that holds says nothing") {
  Story story;
  story.watched.pins = {{"a", {"x"}}, {"nobody", {"x"}}};
  shows(story, with_named("y"), 3);
  CHECK(story.events() == Lines{"alias.pin_broken a: - -> y"});
}

TEST_CASE("an approval restores a pin between polls; a pin that is taken away says nothing") {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  shows(story, with_named("y"), 3);
  story.watched.pins["a"].push_back("y");
  const auto events = judge_pins(story.state, story.watched, story.now);
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == EventType::AliasPinRestored);
  CHECK(events[0].id != story.all[0].id);
  CHECK(judge_pins(story.state, story.watched, story.now).empty());
  story.watched.pins.clear();
  CHECK(judge_pins(story.state, story.watched, story.now).empty());
  CHECK_FALSE(story.state.aliases.at("a").pin_ok.has_value());
}

TEST_CASE(
    "of several targets all must be approved; a target that was never disclosed is not judged") {
  Story story;
  story.watched.pins = {{"a", {"x", "y"}}};
  CHECK(pin_state(story.watched, "a", "x,y")->ok);
  CHECK_FALSE(pin_state(story.watched, "a", "x,z")->ok);
  shows(story, with_named(), 3);
  CHECK(story.events().empty());
}

TEST_CASE("an unstable alias that leaves the list has vanished") {
  Story story;
  for (int i = 0; i < 6; ++i) shows(story, with_named(i % 2 == 0 ? "x" : "y"));
  story.lists({{"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}}, 12);
  CHECK(story.events() == Lines{"alias.unstable a: x -> -", "alias.vanished a: x -> -"});
  CHECK_FALSE(story.state.aliases.at("a").unstable);
}

}  // namespace
}  // namespace modelvane
