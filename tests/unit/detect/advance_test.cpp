#include "daemon/detect/advance.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the first good poll sets the baseline silently") {
  Story story;
  story.lists({{"a", "x"}});
  CHECK(story.events().empty());
  CHECK(story.state.aliases.at("a").target() == "x");
}

TEST_CASE("a move is an event once two polls in a row agree, with honest bounds") {
  Story story;
  story.lists({{"a", "x"}}, 3).lists({{"a", "y"}});
  CHECK(story.events().empty());
  CHECK(story.state.aliases.at("a").sighting.pending.has_value());
  story.lists({{"a", "y"}});
  REQUIRE(story.events() == Lines{"alias.moved a: x -> y"});
  const Event& event = story.all[0];
  CHECK(to_rfc3339(*event.observed_between->first) == "2026-11-22T10:02:00.000Z");
  CHECK(to_rfc3339(event.observed_between->second) == "2026-11-22T10:03:00.000Z");
  CHECK(event.confirmed_by_polls == 2);
  CHECK(event.summary == "a moved from x to y");
  CHECK(event.id.size() == 36);
  story.lists({{"a", "y"}}, 5);
  CHECK(story.all.size() == 1);
}

TEST_CASE("a target that goes back before it was confirmed was nothing") {
  Story story;
  story.lists({{"a", "x"}}).lists({{"a", "y"}}).lists({{"a", "x"}}, 9);
  CHECK(story.events().empty());
  CHECK_FALSE(story.state.aliases.at("a").sighting.pending.has_value());
}

TEST_CASE("a move back names the move that it takes back") {
  Story story;
  story.lists({{"a", "x"}}, 9).lists({{"a", "y"}}, 9).lists({{"a", "x"}}, 9).lists({{"a", "z"}}, 9);
  REQUIRE(story.events() ==
          Lines{"alias.moved a: x -> y", "alias.moved a: y -> x", "alias.moved a: x -> z"});
  CHECK_FALSE(story.all[0].reverts.has_value());
  CHECK(story.all[1].reverts == story.all[0].id);
  CHECK_FALSE(story.all[2].reverts.has_value());
}

TEST_CASE("failed polls between two sightings change nothing and are not counted against a move") {
  Story story;
  story.lists({{"a", "x"}}, 2).fails(1).lists({{"a", "y"}}).fails(1).lists({{"a", "y"}});
  REQUIRE(story.events() == Lines{"alias.moved a: x -> y"});
  CHECK(to_rfc3339(*story.all[0].observed_between->first) == "2026-11-22T10:01:00.000Z");
  CHECK(to_rfc3339(story.all[0].observed_between->second) == "2026-11-22T10:03:00.000Z");
}

TEST_CASE("with one poll to confirm, each move is announced at once") {
  Story story;
  story.watched.policy.moved.polls = 1;
  story.lists({{"a", "x"}}).lists({{"a", "y"}}).lists({{"a", "x"}});
  CHECK(story.events() == Lines{"alias.moved a: x -> y", "alias.moved a: y -> x"});
}

TEST_CASE("a waiting time counts beside the number of polls") {
  Story story;
  story.watched.policy.moved = {.polls = 2, .for_at_least = 5min};
  story.lists({{"a", "x"}}).lists({{"a", "y"}}, 5);
  CHECK(story.events().empty());
  story.lists({{"a", "y"}});
  CHECK(story.events() == Lines{"alias.moved a: x -> y"});
}

TEST_CASE("targets that alternate raise one event, and one when they hold still") {
  Story story;
  story.lists({{"a", "x"}}, 3);
  for (int i = 0; i < 10; ++i) story.lists({{"a", "y"}}).lists({{"a", "x"}});
  CHECK(story.events() == Lines{"alias.unstable a: x -> -"});
  CHECK(story.all[0].targets == std::vector<std::string>{"x", "y"});
  story.lists({{"a", "x"}}, 9);
  CHECK(story.events() == Lines{"alias.unstable a: x -> -", "alias.settled a: x -> x"});
}

TEST_CASE("an alias that settles on another target has moved, too") {
  Story story;
  story.lists({{"a", "x"}}, 3);
  for (int i = 0; i < 10; ++i) story.lists({{"a", "y"}}).lists({{"a", "x"}});
  story.lists({{"a", "y"}}, 9);
  CHECK(story.events() ==
        Lines{"alias.unstable a: x -> -", "alias.settled a: x -> y", "alias.moved a: x -> y"});
  story.lists({{"a", "y"}}, 9);
  CHECK(story.all.size() == 3);
}

TEST_CASE("a row of moves to ever new targets is not alternation") {
  Story story;
  story.lists({{"a", "x"}}, 2);
  for (const auto* target : {"p", "q", "r", "s", "t"}) story.lists({{"a", target}}, 2);
  CHECK(story.all.size() == 5);
  CHECK(story.all.back().type == EventType::AliasMoved);
}

TEST_CASE("an alias appears, vanishes after its time, and comes back") {
  Story story;
  story.lists(models_and({}), 2).lists(models_and({{"a", "x"}}), 2);
  CHECK(story.events() == Lines{"alias.appeared a: - -> x"});
  story.lists(models_and({}), 10);
  CHECK(story.all.size() == 1);
  story.lists(models_and({}), 1);
  CHECK(story.events() == Lines{"alias.appeared a: - -> x", "alias.vanished a: x -> -"});
  story.lists(models_and({{"a", "x"}}), 2);
  CHECK(story.events().back() == "alias.appeared a: x -> x");
}

TEST_CASE("a move behind an absence is not lost: the chain of moves has no gap") {
  Story story;
  story.lists(models_and({{"a", "x"}}), 2)
      .lists(models_and({}), 20)
      .lists(models_and({{"a", "y"}}), 2);
  CHECK(story.events() ==
        Lines{"alias.vanished a: x -> -", "alias.appeared a: x -> y", "alias.moved a: x -> y"});
}

TEST_CASE("a provider that hides a target and shows it again") {
  Story story;
  story.lists({{"a", "x"}}, 2)
      .lists({{"a", ""}}, 2)
      .lists({{"a", "x"}}, 2)
      .lists({{"a", ""}}, 2)
      .lists({{"a", "y"}}, 2);
  CHECK(story.events() == Lines{"alias.undisclosed a: x -> -", "alias.disclosed a: x -> x",
                                "alias.undisclosed a: x -> -", "alias.disclosed a: x -> y",
                                "alias.moved a: x -> y"});
}

TEST_CASE("a model that becomes an alias appears, and one that only seemed to leaves no trace") {
  Story story;
  story.lists(models_and({{"a", ""}}), 2)
      .lists(models_and({{"a", "x"}}))
      .lists(models_and({{"a", ""}}), 9);
  CHECK(story.events().empty());
  CHECK(story.state.aliases.empty());
  story.lists(models_and({{"a", "x"}}), 2);
  REQUIRE(story.events() == Lines{"alias.appeared a: - -> x"});
  CHECK(story.all[0].summary == "a is a new alias in internlm's list; it points to x");
}

TEST_CASE("an endpoint is down after three failed polls and up after two good ones") {
  Story story;
  story.lists({{"a", "x"}}).fails(2).lists({{"a", "x"}}).fails(3, Reason::Timeout);
  REQUIRE(story.events() == Lines{"endpoint.down"});
  CHECK(story.all[0].reason == Reason::Timeout);
  CHECK(to_rfc3339(*story.all[0].observed_between->first) == "2026-11-22T10:03:00.000Z");
  CHECK(to_rfc3339(story.all[0].observed_between->second) == "2026-11-22T10:04:00.000Z");
  story.fails(9).lists({{"a", "x"}}).fails(1).lists({{"a", "x"}}, 2);
  REQUIRE(story.events() == Lines{"endpoint.down", "endpoint.up"});
  CHECK(story.all[1].lasted == 14min);
  CHECK(story.all[0].summary == "internlm is down: no");
  CHECK(story.all[1].summary == "internlm is up again after 14m (was: no)");
}

TEST_CASE(
    "an endpoint that never answered is reported down, and its first list is a silent baseline") {
  Story story;
  story.fails(3, Reason::Dns).lists({{"a", "x"}}, 2);
  CHECK(story.events() == Lines{"endpoint.down", "endpoint.up"});
  CHECK(story.state.aliases.at("a").target() == "x");
}

TEST_CASE("a ratio of zero switches the guard off") {
  Story story;
  story.watched.policy.shrink_guard.ratio = 0;
  story.lists(models_and({{"a", "x"}}), 2).lists({{"a", "y"}}, 2);
  CHECK(story.events() == Lines{"alias.moved a: x -> y"});
}

TEST_CASE("a target learnt by another rule is a new baseline, not a move") {
  Story story;
  story.lists({{"a", "x"}}, 2);
  auto other = std::make_shared<Catalog>(*Story::catalog({{"a", "y"}}));
  other->aliases[0].rule = Rule::Reverse;
  story.sees({.at = story.now, .result = other, .request_id = ""});
  CHECK(story.events().empty());
  CHECK(story.state.aliases.at("a").target() == "y");
}

TEST_CASE("events carry pin, labels and evidence") {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  story.watched.labels = {{"team", "search"}};
  story.lists({{"a", "x"}}, 2).lists({{"a", "y"}}, 2);
  REQUIRE(story.all.size() == 2);
  CHECK(story.all[0].pin == PinState{{"x"}, false});
  CHECK(story.all[0].labels.at("team") == "search");
  CHECK(story.all[0].evidence_before == R"({"id":"a"})");
}

TEST_CASE("the next poll comes sooner while something waits for confirmation, and not otherwise") {
  Story story;
  const Policy policy;
  story.lists({{"a", "x"}}, 2);
  CHECK_FALSE(wants_poll_at(story.state, policy, 5s, story.now));
  story.lists({{"a", "y"}});
  CHECK(wants_poll_at(story.state, policy, 5s, story.now) == story.now + 5s);
  story.lists({{"a", "y"}});
  CHECK_FALSE(wants_poll_at(story.state, policy, 5s, story.now));
  story.fails(1);
  CHECK(wants_poll_at(story.state, policy, 5s, story.now) == story.now + 5s);
}

TEST_CASE("when only time is missing, the next poll waits for its end") {
  Story story;
  const Policy policy;
  story.lists(models_and({{"a", "x"}}), 2).lists(models_and({}), 3);
  const Time first_missing = story.now - 3min;
  CHECK(wants_poll_at(story.state, policy, 5s, story.now) == first_missing + 10min);
}

TEST_CASE("a steady poll needs no commit of its own, a change does") {
  Story story;
  story.lists({{"a", "x"}}, 2);
  const auto steady = advance(
      story.state, {.at = story.now, .result = Story::catalog({{"a", "x"}}), .request_id = ""},
      story.watched);
  CHECK_FALSE(steady.must_persist);
  auto marked = story.state;
  apply_good_mark(marked, story.now);
  CHECK(marked == steady.state);
  const auto changed = advance(
      story.state, {.at = story.now, .result = Story::catalog({{"a", "y"}}), .request_id = ""},
      story.watched);
  CHECK(changed.must_persist);
}

}  // namespace
}  // namespace modelvane
