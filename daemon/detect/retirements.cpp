#include "daemon/detect/retirements.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "daemon/catalog/endings.h"
#include "daemon/catalog/targets.h"

namespace modelvane {
namespace {

using std::chrono::days;
using Endings = std::map<std::string, EndingState>;

const Lifecycle* find_lifecycle(const Catalog& catalog, const std::string& id) {
  const auto& rows = catalog.lifecycles;
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), id, [](const auto& row, const auto& key) { return row.id < key; });
  return found != rows.end() && found->id == id ? &*found : nullptr;
}

// Begun days count whole, so that "30 days" is said at the threshold and just after it.
int days_until(Time at, Time now) {
  return static_cast<int>(std::chrono::ceil<days>(at - now).count());
}

Retirement retirement(const std::string& model, const Ending& ending, Time now) {
  Retirement result{.model = model,
                    .at = ending.at,
                    .replacement = ending.replacement,
                    .days_left = std::nullopt,
                    .source = ending.source};
  if (ending.at) result.days_left = days_until(*ending.at, now);
  return result;
}

// The tightest threshold that has passed; 0 = none.
int passed_threshold(Time at, Time now) {
  int tightest = 0;
  for (const int threshold : kNearDays) {
    if (now >= at - days{threshold}) tightest = threshold;
  }
  return tightest;
}

std::optional<Ending> ending_of(const Lifecycle* row) {
  if (row == nullptr) return std::nullopt;
  return Ending{.at = row->retires_at, .replacement = row->replacement, .source = row->source};
}

bool is_model(const Turn& turn, const Catalog& catalog, const std::string& id) {
  if (catalog.find_alias(id)) return false;
  const auto alias = turn.state.aliases.find(id);
  return alias == turn.state.aliases.end() || alias->second.target().empty();
}

// What aliases point to: it may have ended the lists' days, and be served all the same.
std::set<std::string, std::less<>> all_targets(const EndpointState& state) {
  std::set<std::string, std::less<>> targets;
  for (const auto& [id, alias] : state.aliases) {
    if (alias.status() == AliasStatus::Absent) continue;
    for (const auto target : targets_in(alias.target())) targets.emplace(target);
  }
  return targets;
}

// Whoever said that the model ends says nothing now: no word is not "no end".
bool is_silent(const Catalog& catalog, const std::string& id, const EndingState& state) {
  const auto& known = state.ending.known;
  const auto& pending = state.ending.pending;
  const auto& ending = known ? known : pending ? pending->seen : known;
  if (!ending) return false;
  // A row that is missing says nothing: the model may be removed, which is told when it is
  // confirmed.
  if (ending->source.empty()) return !catalog.has(id);
  if (ending->source == kHeaderSource) return !std::ranges::binary_search(catalog.answered, id);
  return std::ranges::find(catalog.silent_sources, ending->source) != catalog.silent_sources.end();
}

std::string pointing(const Event& event) {
  std::vector<std::string> others;
  std::copy_if(event.aliases.begin(), event.aliases.end(), std::back_inserter(others),
               [&](const auto& alias) { return alias != event.model; });
  if (others.empty()) return event.model;
  return fmt::format("{} {} to {}, which", fmt::join(others, ", "),
                     others.size() == 1 ? "points" : "point", event.model);
}

void announce(Turn& turn, const std::string& id, const Fact<std::optional<Ending>>& fact) {
  const auto& old = fact.before;
  const auto& now = fact.now;
  const auto type = !old   ? EventType::ModelRetirementSet
                    : !now ? EventType::ModelRetirementCleared
                           : EventType::ModelRetirementChanged;
  Event& event = turn.emit_model(type, id);
  if (now) event.retirement = retirement(id, *now, turn.now);
  if (old) event.retirement_before = retirement(id, *old, turn.now);
  event.observed_between = {fact.last_seen, fact.first_seen};
  event.confirmed_by_polls = fact.polls;
  if (!now) {
    event.summary = fmt::format("{} no longer says that {} will end", turn.watched.endpoint, id);
  } else {
    event.summary = fmt::format("{} {}{}", pointing(event), ending_words(*event.retirement),
                                old ? " (changed)" : "");
  }
}

void judge(Turn& turn, const std::string& id, EndingState& state,
           const std::optional<Ending>& seen) {
  const auto fact = turn.observe(state.ending, seen, turn.policy().moved, turn.state.last_good);
  if (!fact) return;
  const auto& old = fact->before;
  const bool has_new_date = seen && (!old || old->at != seen->at);
  // A date in the past is set, but it does not come near.
  if (has_new_date) state.near_days = seen->at && *seen->at <= turn.now ? kNearDays.back() : 0;
  announce(turn, id, *fact);
}

void remind(Turn& turn, const std::string& id, EndingState& state, int threshold) {
  state.near_days = threshold;
  Event& event = turn.emit_model(EventType::ModelRetirementNear, id);
  event.retirement = retirement(id, *state.ending.known, turn.now);
  event.summary = fmt::format("{} {}", pointing(event), ending_words(*event.retirement));
}

}  // namespace

void learn_retirements(Turn& turn, const Catalog& catalog) {
  auto& endings = turn.state.endings.emplace();
  const auto targets = all_targets(turn.state);
  for (const auto& row : catalog.lifecycles) {
    if (!is_model(turn, catalog, row.id)) continue;
    if (!catalog.has(row.id) && !targets.contains(row.id)) continue;
    EndingState state{.ending = {.known = ending_of(&row), .pending = std::nullopt}};
    if (row.retires_at) state.near_days = passed_threshold(*row.retires_at, turn.now);
    endings.emplace(row.id, std::move(state));
  }
  turn.has_changed = true;
}

void judge_retirements(Turn& turn, const Catalog& catalog) {
  if (!turn.state.endings) return learn_retirements(turn, catalog);
  Endings& endings = *turn.state.endings;
  const auto targets = all_targets(turn.state);
  const auto is_there = [&](const std::string& id) {
    return catalog.has(id) || targets.contains(id);
  };
  for (const auto& row : catalog.lifecycles) {
    if (is_there(row.id) && is_model(turn, catalog, row.id)) endings.try_emplace(row.id);
  }
  for (auto entry = endings.begin(); entry != endings.end();) {
    auto& [id, state] = *entry;
    const bool is_alias = !is_model(turn, catalog, id);
    const auto* row = find_lifecycle(catalog, id);
    if (!is_alias && is_there(id) && (row != nullptr || !is_silent(catalog, id, state)))
      judge(turn, id, state, ending_of(row));
    const auto& [known, pending] = state.ending;
    // It was never listed, or long ago, and nothing points to it any more.
    const bool is_forgotten =
        !is_there(id) && !turn.state.ids.has(id) && !turn.state.pending_models.contains(id);
    const bool has_word = catalog.has(id) || (is_there(id) && row != nullptr);
    const bool is_over = is_alias || is_forgotten || (!known && (!pending || !has_word));
    if (is_over) turn.has_changed = true;
    entry = is_over ? endings.erase(entry) : std::next(entry);
  }
}

void judge_nearness(Turn& turn) {
  if (!turn.state.endings) return;
  std::optional<std::set<std::string, std::less<>>> targets;
  for (auto& [id, state] : *turn.state.endings) {
    const auto& [known, pending] = state.ending;
    if (!known || !known->at || pending) continue;
    if (!turn.state.ids.has(id)) {
      if (!targets) targets = all_targets(turn.state);
      if (!targets->contains(id)) continue;
    }
    const int passed = passed_threshold(*known->at, turn.now);
    if (passed != 0 && (state.near_days == 0 || passed < state.near_days))
      remind(turn, id, state, passed);
  }
}

std::optional<Time> next_nearness(const EndpointState& state) {
  std::optional<Time> next;
  if (!state.endings) return next;
  for (const auto& [id, ending] : *state.endings) {
    const auto& known = ending.ending.known;
    if (!known || !known->at) continue;
    for (const int threshold : kNearDays) {
      if (ending.near_days != 0 && threshold >= ending.near_days) continue;
      const Time at = *known->at - days{threshold};
      if (!next || at < *next) next = at;
      break;
    }
  }
  return next;
}

std::optional<Retirement> retirement_of(const Catalog& catalog, const std::string& model,
                                        Time now) {
  const auto ending = ending_of(find_lifecycle(catalog, model));
  return ending ? std::optional{retirement(model, *ending, now)} : std::nullopt;
}

std::optional<Retirement> known_retirement(const EndpointState& state, const std::string& model,
                                           Time now) {
  if (!state.endings) return std::nullopt;
  const auto found = state.endings->find(model);
  if (found == state.endings->end() || !found->second.ending.known) return std::nullopt;
  return retirement(model, *found->second.ending.known, now);
}

std::vector<Retirement> known_retirements(const EndpointState& state) {
  std::vector<Retirement> all;
  if (!state.endings) return all;
  for (const auto& [id, ending] : *state.endings) {
    if (const auto& known = ending.ending.known)
      all.push_back({.model = id,
                     .at = known->at,
                     .replacement = known->replacement,
                     .days_left = std::nullopt,
                     .source = known->source});
  }
  return all;
}

std::string ending_words(const Retirement& retirement) {
  std::string words = "is deprecated";
  if (const auto left = retirement.days_left) {
    if (*left > 0) words = fmt::format("ends in {} day{}", *left, *left == 1 ? "" : "s");
    if (*left <= 0) words = "has ended";
  }
  if (!retirement.replacement.empty()) words += "; replacement: " + retirement.replacement;
  if (!retirement.source.empty()) words += ", says " + retirement.source;
  return words;
}

}  // namespace modelvane
