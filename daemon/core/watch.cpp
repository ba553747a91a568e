// advance() in four steps, each a small machine of its own: availability, then (for good polls) the shrink guard, then each
// alias, then the marks. Every alias is judged by one table: what was confirmed, what is pending, what this poll shows.
#include "daemon/core/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "daemon/core/schedule.h"

namespace modelvane {
namespace {

bool is_confirmed(const Confirm& confirm, int polls, Time first_seen, Time now) {
  return polls >= confirm.polls && now - first_seen >= confirm.for_at_least;
}

std::string seconds_or_more(Duration span) {
  return to_text(std::chrono::floor<std::chrono::seconds>(span));
}

// Everything that one call of advance() works on.
class Step {
 public:
  Step(EndpointState state, const Observation& seen, const Watched& watched)
      : before_(std::move(state)), next_(before_), seen_(seen), watched_(watched) {}

  Advanced run() {
    judge_availability();
    if (seen_.result) {
      next_.last_answer = seen_.at;
      if (!next_.has_baseline) {
        set_baseline(**seen_.result);
      } else if (is_believed(**seen_.result)) {
        judge_aliases(**seen_.result);
        next_.ids = (*seen_.result)->ids;
        next_.last_good = seen_.at;
      }
    }
    const bool persist = !events_.empty() || !same_but_for_marks();
    return {std::move(next_), std::move(events_), persist};
  }

 private:
  const Policy& policy() const { return watched_.policy; }

  // ---- events -------------------------------------------------------------------------------------------------------------

  // Made from the state, so the same poll on the same state always makes the same id.
  std::string next_id() { return event_id(seen_.at, watched_.instance, watched_.endpoint, ++next_.events_made); }

  Event& emit(EventType type, const std::string& alias = "") {
    Event event;
    event.id = next_id();
    event.type = type;
    event.time = seen_.at;
    event.endpoint = watched_.endpoint;
    event.alias = alias;
    event.request_id = seen_.request_id;
    event.labels = watched_.labels;
    return events_.emplace_back(std::move(event));
  }

  // ---- availability -------------------------------------------------------------------------------------------------------

  void judge_availability() {
    const bool answered = seen_.result.has_value();
    const bool speaks_against = answered ? next_.availability != Availability::Up : next_.availability != Availability::Down;
    if (!speaks_against) {
      next_.streak = 0;
      next_.streak_since.reset();
      return;
    }
    // The very first answer needs no confirmation: nothing was claimed before it.
    if (answered && next_.availability == Availability::Unknown) return become_up_silently();
    if (next_.streak++ == 0) next_.streak_since = seen_.at;
    if (!answered) {
      next_.down_reason = seen_.result.error().reason;
      next_.down_sentence = seen_.result.error().sentence;
    }
    if (!is_confirmed(answered ? policy().up : policy().down, next_.streak, *next_.streak_since, seen_.at)) return;
    answered ? go_up() : go_down();
    next_.streak = 0;
    next_.streak_since.reset();
  }

  void become_up_silently() {
    next_.availability = Availability::Up;
    next_.streak = 0;
    next_.streak_since.reset();
  }

  void go_down() {
    next_.availability = Availability::Down;
    next_.down_since = next_.streak_since;
    Event& event = emit(EventType::EndpointDown);
    event.reason = next_.down_reason;
    event.detail = next_.down_sentence;
    event.observed_between = {before_.last_answer, *next_.streak_since};
    event.confirmed_by_polls = next_.streak;
    event.summary = fmt::format("{} is down: {} ({})", watched_.endpoint, label(*next_.down_reason), next_.down_sentence);
  }

  void go_up() {
    next_.availability = Availability::Up;
    Event& event = emit(EventType::EndpointUp);
    event.reason = next_.down_reason;
    event.detail = next_.down_sentence;
    event.confirmed_by_polls = next_.streak;
    event.observed_between = {next_.down_since, *next_.streak_since};
    event.lasted = *next_.streak_since - *next_.down_since;
    event.summary = fmt::format("{} is up again after {} (was: {})", watched_.endpoint, seconds_or_more(*event.lasted),
                                label(*next_.down_reason));
    next_.down_since.reset();
    next_.down_reason.reset();
    next_.down_sentence.clear();
  }

  // ---- the list as a whole ------------------------------------------------------------------------------------------------

  void set_baseline(const Catalog& catalog) {
    next_.has_baseline = true;
    next_.ids = catalog.ids;
    next_.last_good = seen_.at;
    for (const auto& row : catalog.aliases) next_.aliases.emplace(row.id, first_state(row));
  }

  AliasState first_state(const AliasRow& row) const {
    AliasState alias;
    alias.target = row.target;
    alias.rule = row.rule;
    alias.since = alias.last_seen = seen_.at;
    alias.evidence = row.evidence;
    return alias;
  }

  bool has_shrunk(const Catalog& catalog) const {
    if (policy().shrink_guard.ratio <= 0 || before_.ids.empty()) return false;
    const auto is_gone = [&catalog](const std::string& id) { return !catalog.has(id); };
    const auto lost = std::count_if(before_.ids.begin(), before_.ids.end(), is_gone);
    return static_cast<double>(lost) >= policy().shrink_guard.ratio * static_cast<double>(before_.ids.size());
  }

  bool is_believed(const Catalog& catalog) {
    if (!has_shrunk(catalog)) {
      if (next_.quarantine) accept(catalog, "the list came back");
      return true;
    }
    if (!next_.quarantine) {
      quarantine(catalog);
      return false;
    }
    next_.quarantine->models_now = catalog.ids.size();
    if (seen_.at - next_.quarantine->since < policy().shrink_guard.hold) return false;
    accept(catalog, "it stayed so for " + seconds_or_more(seen_.at - next_.quarantine->since));
    return true;
  }

  void quarantine(const Catalog& catalog) {
    next_.quarantine = Quarantine{.since = seen_.at, .models_now = catalog.ids.size()};
    Event& event = catalog_event(EventType::CatalogQuarantined, catalog);
    event.observed_between = {before_.last_good, seen_.at};
    event.confirmed_by_polls = 1;
    event.detail = fmt::format("not believed until the list comes back or {} have passed", to_text(policy().shrink_guard.hold));
    event.summary = fmt::format("{}'s list shrank from {} to {} models at once: {}", watched_.endpoint, *event.models_before,
                                *event.models_now, event.detail);
  }

  void accept(const Catalog& catalog, const std::string& why) {
    Event& event = catalog_event(EventType::CatalogAccepted, catalog);
    event.observed_between = {next_.quarantine->since, seen_.at};
    event.confirmed_by_polls = 1;
    event.lasted = seen_.at - next_.quarantine->since;
    event.detail = why;
    event.summary = fmt::format("{}'s list of {} models is believed again: {}", watched_.endpoint, *event.models_now, why);
    next_.quarantine.reset();
  }

  Event& catalog_event(EventType type, const Catalog& catalog) {
    Event& event = emit(type);
    event.models_before = before_.ids.size();
    event.models_now = catalog.ids.size();
    return event;
  }

  // ---- aliases ------------------------------------------------------------------------------------------------------------

  void judge_aliases(const Catalog& catalog) {
    for (auto& [id, alias] : next_.aliases) {
      const AliasRow* row = catalog.find_alias(id);
      if (row && row->rule != alias.rule) {
        relearn(alias, *row);
        continue;
      }
      judge(id, alias, sighting(catalog, id, row), row);
    }
    for (const auto& row : catalog.aliases) {
      if (!next_.aliases.contains(row.id)) await_newcomer(row);
    }
    std::erase_if(next_.aliases, [&](const auto& entry) { return entry.second.is_newcomer() && !entry.second.pending; });
  }

  static Sighting sighting(const Catalog& catalog, const std::string& id, const AliasRow* row) {
    if (row) return {AliasStatus::Resolved, row->target};
    return {catalog.has(id) ? AliasStatus::Undisclosed : AliasStatus::Absent, ""};
  }

  // Values learnt by another rule say nothing about each other: the new one becomes the baseline.
  void relearn(AliasState& alias, const AliasRow& row) const {
    const auto changes = alias.changes;
    alias = first_state(row);
    alias.changes = changes;
  }

  // An alias that was never there: known as absent (without a target) until it is confirmed.
  void await_newcomer(const AliasRow& row) {
    AliasState alias;
    alias.status = AliasStatus::Absent;
    alias.rule = row.rule;
    alias.last_seen = before_.last_good.value_or(seen_.at);
    judge(row.id, next_.aliases.emplace(row.id, std::move(alias)).first->second, {AliasStatus::Resolved, row.target}, &row);
  }

  void judge(const std::string& id, AliasState& alias, const Sighting& seen, const AliasRow* row) {
    remember_target(alias, seen);
    if (alias.unstable) {
      if (has_settled(alias, seen)) settle(id, alias, seen, row);
      return;
    }
    if (alternates(alias)) return become_unstable(id, alias);
    const Sighting confirmed{alias.status, alias.status == AliasStatus::Resolved ? alias.target : ""};
    const bool still_no_alias = alias.is_newcomer() && seen.status != AliasStatus::Resolved;
    if (seen == confirmed || still_no_alias) {
      alias.pending.reset();
      alias.last_seen = seen_.at;
      return;
    }
    if (!alias.pending || alias.pending->seen != seen) alias.pending = Pending{.seen = seen, .first_seen = seen_.at};
    ++alias.pending->polls;
    const auto& confirm = seen.status == AliasStatus::Absent ? policy().vanished : policy().moved;
    if (is_confirmed(confirm, alias.pending->polls, alias.pending->first_seen, seen_.at)) change(id, alias, row);
  }

  // The pending difference has become a fact.
  void change(const std::string& id, AliasState& alias, const AliasRow* row) {
    const Pending pending = *alias.pending;
    const AliasState old = alias;
    alias.pending.reset();
    alias.status = pending.seen.status;
    alias.last_seen = seen_.at;
    if (pending.seen.status == AliasStatus::Resolved) {
      alias.target = pending.seen.target;
      if (row) alias.evidence = row->evidence;
      if (alias.target != old.target) alias.since = pending.first_seen;
    }
    announce_visibility(id, alias, old, pending);
    const bool has_moved = pending.seen.status == AliasStatus::Resolved && !old.target.empty() && old.target != alias.target;
    if (has_moved) announce_move(id, alias, old, pending);
  }

  // appeared, vanished, disclosed, undisclosed: what became of the alias itself.
  void announce_visibility(const std::string& id, const AliasState& alias, const AliasState& old, const Pending& pending) {
    if (alias.status == old.status) return;
    if (alias.status == AliasStatus::Absent) {
      const auto summary = fmt::format("{} vanished from {}'s list; it pointed to {}", id, watched_.endpoint, old.target);
      alias_event(EventType::AliasVanished, id, old, alias, pending).summary = summary;
    } else if (alias.status == AliasStatus::Undisclosed) {
      const auto summary = fmt::format("{} no longer says what {} points to; it was {}", watched_.endpoint, id, old.target);
      alias_event(EventType::AliasUndisclosed, id, old, alias, pending).summary = summary;
    } else if (old.status == AliasStatus::Undisclosed) {
      const auto summary = fmt::format("{} says again what {} points to: {}", watched_.endpoint, id, alias.target);
      alias_event(EventType::AliasDisclosed, id, old, alias, pending).summary = summary;
    } else {
      const bool was_a_model = std::binary_search(before_.ids.begin(), before_.ids.end(), id) && old.target.empty();
      const auto summary = was_a_model
                               ? fmt::format("{} has become an alias: it now points to {}", id, alias.target)
                               : fmt::format("{} appeared in {}'s list; it points to {}", id, watched_.endpoint, alias.target);
      alias_event(EventType::AliasAppeared, id, old, alias, pending).summary = summary;
    }
  }

  void announce_move(const std::string& id, AliasState& alias, const AliasState& old, const Pending& pending) {
    Event& event = alias_event(EventType::AliasMoved, id, old, alias, pending);
    if (old.last_move && old.last_move->from == alias.target) event.reverts = old.last_move->event_id;
    event.summary = fmt::format("{} moved from {} to {}{}", id, old.target, alias.target, event.reverts ? " (a move back)" : "");
    ++alias.changes;
    alias.last_move = LastMove{.event_id = event.id, .from = old.target, .at = seen_.at};
  }

  Event& alias_event(EventType type, const std::string& id, const AliasState& old, const AliasState& now,
                     const Pending& pending) {
    Event& event = emit(type, id);
    if (!old.target.empty()) event.from = old.target;
    if (now.status == AliasStatus::Resolved) event.to = now.target;
    event.rule = now.rule;
    event.observed_between = {old.last_seen, pending.first_seen};
    event.confirmed_by_polls = pending.polls;
    event.evidence_before = old.evidence;
    if (now.status == AliasStatus::Resolved) event.evidence_after = now.evidence;
    event.pin = pin_state(watched_, id, now.status == AliasStatus::Resolved ? now.target : old.target);
    return event;
  }

  // ---- alternation --------------------------------------------------------------------------------------------------------

  // Keeps the last targets, but only while they differ: the common, steady alias costs nothing.
  void remember_target(AliasState& alias, const Sighting& seen) const {
    if (seen.status != AliasStatus::Resolved) return;
    if (alias.recent.empty()) {
      if (alias.target.empty() || seen.target == alias.target) return;
      alias.recent.push_back(alias.target);
    }
    alias.recent.push_back(seen.target);
    if (alias.recent.size() > kFlapWindow) alias.recent.erase(alias.recent.begin());
    const bool all_agree = std::all_of(alias.recent.begin(), alias.recent.end(), [&](const auto& t) { return t == seen.target; });
    if (all_agree && !alias.unstable) alias.recent.clear();
  }

  static int flaps(const AliasState& alias) {
    int count = 0;
    for (std::size_t i = 1; i < alias.recent.size(); ++i) count += alias.recent[i] != alias.recent[i - 1];
    return count;
  }

  static std::vector<std::string> distinct_targets(const AliasState& alias) {
    auto targets = alias.recent;
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    return targets;
  }

  // Many changes among few targets. A -> B -> C -> D is a fast provider, not an undecided one.
  static bool alternates(const AliasState& alias) {
    const int count = flaps(alias);
    return count >= kFlapsToUnstable && static_cast<int>(distinct_targets(alias).size()) < count;
  }

  void become_unstable(const std::string& id, AliasState& alias) {
    alias.unstable = true;
    alias.pending.reset();
    Event& event = emit(EventType::AliasUnstable, id);
    event.from = alias.target;
    event.rule = alias.rule;
    event.targets = distinct_targets(alias);
    event.observed_between = {alias.last_seen, seen_.at};
    event.confirmed_by_polls = static_cast<int>(alias.recent.size());
    event.evidence_before = alias.evidence;
    event.pin = pin_state(watched_, id, alias.target);
    event.summary = fmt::format("{} alternates between {}", id, fmt::join(event.targets, " and "));
  }

  bool has_settled(const AliasState& alias, const Sighting& seen) const {
    const auto needed = static_cast<std::size_t>(std::clamp(policy().moved.polls, kSettlePolls, static_cast<int>(kFlapWindow)));
    if (seen.status != AliasStatus::Resolved || alias.recent.size() < needed) return false;
    return std::all_of(alias.recent.end() - static_cast<std::ptrdiff_t>(needed), alias.recent.end(),
                       [&](const auto& target) { return target == seen.target; });
  }

  void settle(const std::string& id, AliasState& alias, const Sighting& seen, const AliasRow* row) {
    const AliasState old = alias;
    const int polls = std::max(policy().moved.polls, kSettlePolls);
    alias.unstable = false;
    alias.recent.clear();
    alias.last_seen = seen_.at;
    alias.status = AliasStatus::Resolved;
    alias.target = seen.target;
    if (row) alias.evidence = row->evidence;
    const bool has_moved = old.target != alias.target;
    if (has_moved) alias.since = seen_.at;
    const Pending settled{.seen = seen, .first_seen = seen_.at, .polls = polls};
    alias_event(EventType::AliasSettled, id, old, alias, settled).summary = fmt::format("{} has settled on {}", id, seen.target);
    if (has_moved) announce_move(id, alias, old, settled);
  }

  // ---- marks --------------------------------------------------------------------------------------------------------------

  bool same_but_for_marks() const {
    if (before_.aliases.size() != next_.aliases.size()) return false;
    const auto unmarked = [](const EndpointState& state) {
      return std::tie(state.has_baseline, state.ids, state.quarantine, state.availability, state.streak, state.streak_since,
                      state.down_since, state.down_reason, state.events_made);
    };
    if (unmarked(before_) != unmarked(next_)) return false;
    return std::equal(before_.aliases.begin(), before_.aliases.end(), next_.aliases.begin(), [](const auto& a, const auto& b) {
      const auto core = [](const AliasState& s) {
        return std::tie(s.status, s.target, s.rule, s.pending, s.recent, s.unstable, s.changes);
      };
      return a.first == b.first && core(a.second) == core(b.second);
    });
  }

  const EndpointState before_;
  EndpointState next_;
  const Observation& seen_;
  const Watched& watched_;
  std::vector<Event> events_;
};

void take_earlier(std::optional<Time>& best, Time candidate) {
  if (!best || candidate < *best) best = candidate;
}

// While polls are missing: after `recheck`. When only time is missing: at its end.
void wait_for(std::optional<Time>& best, const Confirm& confirm, int polls, Time first_seen, Duration recheck, Time now) {
  const Time sooner = now + recheck;
  take_earlier(best, polls < confirm.polls ? sooner : std::max(first_seen + confirm.for_at_least, sooner));
}

}  // namespace

std::string_view label(AliasStatus status) {
  constexpr std::array kLabels{std::string_view{"resolved"}, std::string_view{"undisclosed"}, std::string_view{"absent"}};
  return kLabels[static_cast<std::size_t>(status)];
}

Advanced advance(EndpointState state, const Observation& observation, const Watched& watched) {
  return Step{std::move(state), observation, watched}.run();
}

void apply_good_mark(EndpointState& state, Time at) {
  if (state.last_good && *state.last_good >= at) return;
  state.last_good = state.last_answer = at;
  for (auto& [id, alias] : state.aliases) {
    if (!alias.pending && !alias.unstable) alias.last_seen = at;
  }
}

std::optional<Time> wants_poll_at(const EndpointState& state, const Policy& policy, Duration recheck, Time now) {
  std::optional<Time> best;
  if (state.streak > 0) {
    const auto& confirm = state.availability == Availability::Down ? policy.up : policy.down;
    wait_for(best, confirm, state.streak, *state.streak_since, recheck, now);
  }
  for (const auto& [id, alias] : state.aliases) {
    if (!alias.pending) continue;
    const auto& confirm = alias.pending->seen.status == AliasStatus::Absent ? policy.vanished : policy.moved;
    wait_for(best, confirm, alias.pending->polls, alias.pending->first_seen, recheck, now);
  }
  if (state.quarantine) take_earlier(best, std::max(state.quarantine->since + policy.shrink_guard.hold, now + recheck));
  return best;
}

std::optional<PinState> pin_state(const Watched& watched, const std::string& alias, const std::string& target) {
  const auto pinned = watched.pins.find(alias);
  if (pinned == watched.pins.end()) return std::nullopt;
  const auto& approved = pinned->second;
  return PinState{approved, std::find(approved.begin(), approved.end(), target) != approved.end()};
}

}  // namespace modelvane
