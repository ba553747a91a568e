// Exhaustive small worlds: every sequence of up to six observations over two targets, an
// undisclosed row, an absent row, a failed poll. 5^1 + ... + 5^6 = 19,530 worlds, under three
// policies.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <set>

#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

enum Seen { kX, kY, kHidden, kGone, kFailed, kSeenCount };

Observation observation(Seen seen, Time at) {
  // Bystanders keep the shrink guard out of these worlds.
  Targets targets;
  for (const auto* id : {"m1", "m2", "m3", "m4"}) targets[id] = "";
  if (seen == kFailed)
    return {.at = at,
            .result = std::unexpected(PollFailure{.reason = Reason::Http5xx, .sentence = "no"}),
            .request_id = ""};
  if (seen == kX) targets["a"] = "x";
  if (seen == kY) targets["a"] = "y";
  if (seen == kHidden) targets["a"] = "";
  return {.at = at, .result = Story::catalog(targets), .request_id = ""};
}

void for_all_worlds(std::size_t length,
                    const std::function<void(const std::vector<Seen>&)>& visit) {
  std::vector<Seen> world;
  const std::function<void()> grow = [&] {
    if (!world.empty()) visit(world);
    if (world.size() == length) return;
    for (int seen = 0; seen < kSeenCount; ++seen) {
      world.push_back(static_cast<Seen>(seen));
      grow();
      world.pop_back();
    }
  };
  grow();
}

Story play(const std::vector<Seen>& world, const Policy& policy) {
  Story story;
  story.watched.policy = policy;
  for (const auto seen : world) story.sees(observation(seen, story.now));
  return story;
}

std::array<Policy, 3> policies() {
  Policy quick;
  quick.moved.polls = quick.vanished.polls = quick.down.polls = quick.up.polls = 1;
  quick.vanished.for_at_least = Duration{0};
  Policy usual;
  usual.vanished.for_at_least = Duration{0};
  Policy slow;
  slow.moved.polls = 3;
  return {quick, usual, slow};
}

TEST_CASE(
    "no event without a difference: a world that shows one thing only says nothing about the "
    "alias") {
  for (const auto& policy : policies()) {
    for (const auto seen : {kX, kY, kHidden, kGone})
      CHECK(play(std::vector<Seen>(6, seen), policy).events().empty());
  }
}

TEST_CASE(
    "moves form a chain without gaps that starts at the first known target and ends at the present "
    "one") {
  for (const auto& policy : policies()) {
    for_all_worlds(6, [&](const std::vector<Seen>& world) {
      const Story story = play(world, policy);
      std::optional<std::string> at;
      std::set<std::string> ids;
      bool chained = true;
      for (const auto& event : story.all) {
        chained = chained && ids.insert(event.id).second;
        if (event.type == EventType::AliasAppeared && !event.from) at = event.to;
        if (event.type != EventType::AliasMoved) continue;
        chained = chained && event.from != event.to && (!at || at == event.from);
        at = event.to;
      }
      const auto alias = story.state.aliases.find("a");
      if (at)
        chained = chained && alias != story.state.aliases.end() && alias->second.target() == *at;
      if (!chained) FAIL_CHECK("a broken chain");
    });
  }
}

TEST_CASE(
    "no confirmed change is lost: after enough equal polls the state is what the polls show") {
  for (const auto& policy : policies()) {
    for_all_worlds(4, [&](const std::vector<Seen>& world) {
      for (const auto last : {kX, kY}) {
        std::vector<Seen> longer = world;
        longer.insert(longer.end(), 6, last);
        const Story story = play(longer, policy);
        const auto alias = story.state.aliases.find("a");
        const std::string target = last == kX ? "x" : "y";
        if (alias == story.state.aliases.end() || alias->second.target() != target ||
            alias->second.unstable || alias->second.sighting.pending) {
          FAIL_CHECK("not followed");
        }
      }
    });
  }
}

TEST_CASE("going on from any saved state gives the same events as going on without a stop") {
  for_all_worlds(5, [&](const std::vector<Seen>& world) {
    const Story whole = play(world, policies()[1]);
    Story resumed;
    resumed.watched.policy = policies()[1];
    for (const auto seen : world) {
      const EndpointState saved = resumed.state;
      Story next = resumed;
      next.state = saved;
      next.sees(observation(seen, next.now));
      resumed = next;
    }
    if (!(resumed.all == whole.all && resumed.state == whole.state)) FAIL_CHECK("differs");
  });
}

// What must be durable: all but the marks.
EndpointState unmarked(EndpointState state) {
  state.last_good = state.last_answer = std::nullopt;
  for (auto& [id, alias] : state.aliases) alias.last_seen.reset();
  return state;
}

TEST_CASE("a poll asks to be made durable exactly when it changed more than marks") {
  for (const auto& policy : policies()) {
    for_all_worlds(5, [&](const std::vector<Seen>& world) {
      Story story;
      story.watched.policy = policy;
      for (const auto seen : world) {
        const auto advanced = advance(story.state, observation(seen, story.now), story.watched);
        const bool is_frozen = advanced.state.aliases != story.state.aliases;
        const bool has_changed = unmarked(advanced.state) != unmarked(story.state);
        if (has_changed ? !advanced.must_persist : advanced.must_persist && !is_frozen)
          FAIL_CHECK("not what changed");
        story.sees(observation(seen, story.now));
      }
    });
  }
}

TEST_CASE("bounds of events are honest: never reversed, never in the future") {
  for (const auto& policy : policies()) {
    for_all_worlds(6, [&](const std::vector<Seen>& world) {
      for (const auto& event : play(world, policy).all) {
        if (!event.observed_between) continue;
        const auto& [before, after] = *event.observed_between;
        if ((before && *before > after) || after > event.time) FAIL_CHECK("dishonest bounds");
      }
    });
  }
}

}  // namespace
}  // namespace modelvane
