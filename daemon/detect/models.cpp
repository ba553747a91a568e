#include "daemon/detect/models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/detect/retirements.h"

namespace modelvane {
namespace {

bool is_alias(const Turn& turn, const Catalog& catalog, const std::string& id) {
  return turn.state.aliases.contains(id) || turn.state.newcomers.contains(id) || catalog.names(id);
}

std::string still_pointing(const Event& event) {
  if (event.aliases.empty()) return "";
  return fmt::format("; {} {} to it", fmt::join(event.aliases, ", "),
                     event.aliases.size() == 1 ? "still points" : "still point");
}

void announce(Turn& turn, const Catalog& catalog, const std::string& id, const Fact<bool>& fact) {
  const bool is_there = fact.now;
  Event& event = turn.emit_model(is_there ? EventType::ModelAdded : EventType::ModelRemoved, id);
  event.observed_between = {fact.last_seen, fact.first_seen};
  event.confirmed_by_polls = fact.polls;
  if (is_there) {
    event.retirement = retirement_of(catalog, id, turn.now);
    event.summary = fmt::format("{} is new in {}'s list", id, turn.watched.endpoint);
  } else {
    event.retirement = known_retirement(turn.state, id, turn.now);
    event.summary = fmt::format("{} is gone from {}'s list{}", id, turn.watched.endpoint,
                                still_pointing(event));
    if (turn.state.endings) turn.state.endings->erase(id);
  }
}

}  // namespace

void compare_models(Turn& turn, const Catalog& catalog) {
  const auto& before = turn.state.ids;
  if (!before.is_known() || before == catalog.ids) {
    turn.has_changed = turn.has_changed || !before.is_known();
    return;
  }
  turn.has_changed = true;
  std::vector<std::string> differing;
  std::ranges::set_symmetric_difference(before, catalog.ids, std::back_inserter(differing));
  for (const auto& id : differing) {
    if (!is_alias(turn, catalog, id))
      turn.state.pending_models.try_emplace(
          id, Confirming<bool>{.known = before.has(id), .pending = std::nullopt});
  }
}

void await_removals(Turn& turn, const Quarantine& held) {
  for (const auto& id : held.ids) {
    if (turn.state.aliases.contains(id)) continue;
    turn.state.pending_models.try_emplace(
        id, Confirming<bool>{.known = true,
                             .pending = Pending<bool>{
                                 {.last_seen = held.last_seen, .first_seen = turn.now}, false}});
  }
}

void judge_models(Turn& turn, const Catalog& catalog) {
  auto& pending = turn.state.pending_models;
  for (auto entry = pending.begin(); entry != pending.end();) {
    auto& [id, presence] = *entry;
    const bool is_there = catalog.has(id);
    const auto confirm =
        is_there ? turn.policy().added : turn.state.restless.leaving(id, turn.policy().removed);
    if (is_there && presence.known) turn.is_back(id, false);
    const auto fact = turn.observe(presence, is_there, confirm, turn.state.last_good);
    const bool is_no_model = is_there && is_alias(turn, catalog, id);
    if (is_no_model) turn.has_changed = true;
    if (fact && !is_no_model) announce(turn, catalog, id, *fact);
    if (fact) is_there ? turn.is_back(id, true) : turn.has_left(id);
    entry = is_no_model || !presence.pending ? pending.erase(entry) : std::next(entry);
  }
}

}  // namespace modelvane
