// advance(): which machine judges when. The machines stand in files of their own (watch.h).
#include "daemon/detect/advance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "daemon/detect/aliases.h"
#include "daemon/detect/availability.h"
#include "daemon/detect/hints.h"
#include "daemon/detect/models.h"
#include "daemon/detect/retirements.h"
#include "daemon/detect/served.h"
#include "daemon/detect/shrink_guard.h"

namespace modelvane {
namespace {

using SharedCatalog = std::shared_ptr<const Catalog>;

bool is_steady(const EndpointState& state, const Policy& policy) {
  bool is_waiting = state.quarantine.has_value();
  for_each_confirming(state, policy, [&](const auto& confirming, const Confirm&) {
    is_waiting = is_waiting || confirming.pending;
  });
  return !is_waiting && std::ranges::none_of(state.aliases, [](const auto& entry) {
    return entry.second.unstable || !entry.second.recent.empty();
  });
}

// Did the last judged poll show this very object, and is nothing due?
bool is_known(const EndpointState& state, const SharedCatalog& catalog, Time now) {
  const auto& steady = state.steady;
  return steady.catalog == catalog && !state.quarantine && (!steady.until || now < *steady.until);
}

bool is_arrival(const Event& event) {
  return event.type == EventType::ModelAdded ||
         (event.type == EventType::AliasAppeared && !event.from);
}

// A list that suddenly has hundreds of ids more is one piece of news.
void fold_arrivals(Turn& turn, const Catalog& catalog) {
  std::vector<std::string> ids;
  for (const auto& event : turn.events) {
    if (is_arrival(event)) ids.push_back(event.about());
  }
  if (ids.size() <= kArrivalsMax) return;
  const Event first = *std::ranges::find_if(turn.events, is_arrival);
  std::erase_if(turn.events, is_arrival);
  std::ranges::sort(ids);
  Event& event = turn.emit_ids(EventType::CatalogGrew, ids, catalog.ids.size());
  event.models_before = catalog.ids.size() - std::min(ids.size(), catalog.ids.size());
  event.observed_between = first.observed_between;
  event.confirmed_by_polls = first.confirmed_by_polls;
  event.summary = fmt::format("{} models are new in {}'s list at once: {}", ids.size(),
                              turn.watched.endpoint, some_of(ids));
}

bool is_of_flood(const Event& event) {
  return !event.alias.empty() && event.type != EventType::AliasPinBroken &&
         event.type != EventType::AliasPinRestored && event.type != EventType::AliasUnwatched;
}

// So many aliases change only when something happened to the endpoint as a whole. Receivers that
// are programs get each event all the same. Pins are not folded: somebody waits for each of them.
void tell_of_flood(Turn& turn) {
  std::set<std::string> aliases;
  std::set<EventType> types;
  for (const auto& event : turn.events) {
    if (!is_of_flood(event)) continue;
    aliases.insert(event.alias);
    types.insert(event.type);
  }
  if (aliases.size() <= kFloodMin) return;
  for (auto& event : turn.events) event.is_in_flood = is_of_flood(event);
  const std::vector<std::string> names{aliases.begin(), aliases.end()};
  Event& event = turn.emit(EventType::CatalogFlooded);
  event.ids.assign(names.begin(), names.begin() + kFloodNamedMax);
  event.ids_count = names.size();
  event.flood.assign(types.begin(), types.end());
  event.summary = fmt::format("{} aliases of {} changed at once: {}", names.size(),
                              turn.watched.endpoint, some_of(names));
}

void judge(Turn& turn, const SharedCatalog& catalog) {
  auto& state = turn.state;
  if (state.has_baseline) {
    compare_models(turn, *catalog);
    judge_aliases(turn, *catalog);
    judge_served(turn, *catalog);
    judge_hints(turn, *catalog);
    judge_models(turn, *catalog);
    fold_arrivals(turn, *catalog);
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
  judge(turn, state.has_baseline ? believed(turn, catalog) : catalog);
  state.last_good = turn.now;
  judge_nearness(turn);
  judge_pins(turn);
  tell_of_flood(turn);
  if (is_steady(state, turn.policy()))
    state.steady = {.catalog = catalog, .until = next_nearness(state)};
}

void take_earlier(std::optional<Time>& best, Time candidate) {
  if (!best || candidate < *best) best = candidate;
}

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
  for (auto& [id, alias] : state.aliases) alias.hints = {};
}

std::optional<Time> wants_poll_at(const EndpointState& state, const Policy& policy,
                                  Duration recheck, Time now, bool is_in_maintenance) {
  const Time sooner = now + recheck;
  std::optional<Time> best;
  // While polls are missing: after `recheck`. When only time is missing: at its end.
  const auto wait_for = [&](const auto& confirming, const Confirm& confirm) {
    using Value = std::remove_cvref_t<decltype(confirming.known)>;
    if constexpr (std::is_same_v<Value, Availability>) {
      if (is_in_maintenance && confirming.known != Availability::Down) return;
    }
    if (const auto& pending = confirming.pending)
      take_earlier(best, pending->polls < confirm.polls
                             ? sooner
                             : std::max(pending->first_seen + confirm.for_at_least, sooner));
  };
  // A steady list leaves nothing else to wait for, however long it is.
  if (state.steady.catalog) {
    wait_for(state.availability, availability_confirm(state, policy));
  } else {
    for_each_confirming(state, policy, wait_for);
  }
  if (state.quarantine)
    take_earlier(best, std::max(state.quarantine->since + policy.shrink_guard.hold, sooner));
  return best;
}

}  // namespace modelvane
