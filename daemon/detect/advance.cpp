// advance(): which machine judges when. The machines stand in files of their own (watch.h).
#include "daemon/detect/advance.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/detect/aliases.h"
#include "daemon/detect/availability.h"
#include "daemon/detect/hints.h"
#include "daemon/detect/models.h"
#include "daemon/detect/retirements.h"
#include "daemon/detect/shrink_guard.h"

namespace modelvane {
namespace {

using SharedCatalog = std::shared_ptr<const Catalog>;

bool is_in_doubt(const AliasState& alias) {
  return alias.pending || alias.pending_hints || alias.unstable || !alias.recent.empty();
}

bool is_steady(const EndpointState& state) {
  const auto doubtful_alias = [](const auto& entry) { return is_in_doubt(entry.second); };
  const auto doubtful_ending = [](const auto& entry) { return entry.second.pending.has_value(); };
  return !state.quarantine && state.pending_models.empty() &&
         std::none_of(state.aliases.begin(), state.aliases.end(), doubtful_alias) &&
         std::none_of(state.endings->begin(), state.endings->end(), doubtful_ending);
}

// Did the last judged poll show this very object, and is nothing due?
bool is_known(const EndpointState& state, const SharedCatalog& catalog, Time now) {
  const auto& steady = state.steady;
  return steady.catalog == catalog && !state.quarantine && (!steady.until || now < *steady.until);
}

void judge(Turn& turn, const SharedCatalog& catalog) {
  auto& state = turn.state;
  if (state.has_baseline) {
    compare_models(turn, *catalog);
    judge_aliases(turn, *catalog);
    judge_hints(turn, *catalog);
    judge_models(turn, *catalog);
    judge_retirements(turn, *catalog);
  } else {
    state.has_baseline = true;
    learn_aliases(turn, *catalog);
    judge_hints(turn, *catalog);
    learn_retirements(turn, *catalog);
  }
  state.ids = catalog->ids;
}

void take_answer(Turn& turn, const SharedCatalog& catalog) {
  auto& state = turn.state;
  state.last_answer = turn.now;
  if (is_known(state, catalog, turn.now)) {
    state.last_good = turn.now;
    return;
  }
  state.steady = {};
  if (!believes(turn, *catalog)) return;
  judge(turn, catalog);
  state.last_good = turn.now;
  judge_nearness(turn);
  judge_pins(turn);
  if (is_steady(state)) state.steady = {.catalog = catalog, .until = next_nearness(state)};
}

void take_earlier(std::optional<Time>& best, Time candidate) {
  if (!best || candidate < *best) best = candidate;
}

// The earliest of all waiting times.
struct Waiting {
  Duration recheck;
  Time now;
  std::optional<Time> best;

  // While polls are missing: after `recheck`. When only time is missing: at its end.
  void wait_for(const Confirm& confirm, int polls, Time first_seen) {
    const Time sooner = now + recheck;
    take_earlier(
        best, polls < confirm.polls ? sooner : std::max(first_seen + confirm.for_at_least, sooner));
  }
};

}  // namespace

Advanced advance(EndpointState state, const Observation& observation, const Watched& watched) {
  Turn turn{.state = state,
            .watched = watched,
            .now = observation.at,
            .request_id = observation.request_id,
            .events = {}};
  judge_availability(turn, observation);
  if (observation.result) {
    take_answer(turn, *observation.result);
  } else {
    judge_nearness(turn);
  }
  auto events = std::move(turn.events);
  const bool must_persist = turn.has_changed;
  return {std::move(state), std::move(events), must_persist};
}

void apply_good_mark(EndpointState& state, Time at) {
  if (state.last_good && *state.last_good >= at) return;
  state.last_good = state.last_answer = at;
}

void forget_list(EndpointState& state) {
  state.ids = {};
  state.pending_models.clear();
  state.endings.reset();
  state.quarantine.reset();
  state.steady = {};
  for (auto& [id, alias] : state.aliases) {
    alias.hints.clear();
    alias.pending_hints.reset();
  }
}

std::optional<Time> wants_poll_at(const EndpointState& state, const Policy& policy,
                                  Duration recheck, Time now) {
  Waiting waiting{.recheck = recheck, .now = now, .best = std::nullopt};
  if (state.streak > 0)
    waiting.wait_for(state.availability == Availability::Down ? policy.up : policy.down,
                     state.streak, *state.streak_since);
  if (state.quarantine)
    take_earlier(waiting.best,
                 std::max(state.quarantine->since + policy.shrink_guard.hold, now + recheck));
  if (state.steady.catalog) return waiting.best;
  for (const auto& [id, alias] : state.aliases) {
    if (const auto& pending = alias.pending)
      waiting.wait_for(pending->seen.status == AliasStatus::Absent ? policy.vanished : policy.moved,
                       pending->polls, pending->first_seen);
    if (const auto& hints = alias.pending_hints)
      waiting.wait_for(policy.moved, hints->polls, hints->first_seen);
  }
  for (const auto& [id, model] : state.pending_models)
    waiting.wait_for(state.ids.has(id) ? policy.added : policy.removed, model.polls,
                     model.first_seen);
  if (!state.endings) return waiting.best;
  for (const auto& [id, ending] : *state.endings) {
    if (ending.pending)
      waiting.wait_for(policy.moved, ending.pending->polls, ending.pending->first_seen);
  }
  return waiting.best;
}

}  // namespace modelvane
