#include "daemon/detect/models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/detect/retirements.h"

namespace modelvane {
namespace {

bool is_alias(const Turn& turn, const Catalog& catalog, const std::string& id) {
  return turn.state.aliases.contains(id) || catalog.find_alias(id) ||
         std::binary_search(catalog.undisclosed.begin(), catalog.undisclosed.end(), id) ||
         catalog.is_unasked(id);
}

// The id has come or gone: either that ends a pending difference, or it begins one.
void turn_over(Turn& turn, const Catalog& catalog, const std::string& id) {
  if (turn.state.pending_models.erase(id) == 0) {
    if (is_alias(turn, catalog, id)) return;
    turn.state.pending_models.emplace(
        id, PendingModel{.last_seen = turn.state.last_good, .first_seen = turn.now});
  }
  turn.has_changed = true;
}

std::string still_pointing(const Event& event) {
  if (event.aliases.empty()) return "";
  return fmt::format("; {} {} to it", fmt::join(event.aliases, ", "),
                     event.aliases.size() == 1 ? "still points" : "still point");
}

void announce(Turn& turn, const Catalog& catalog, const std::string& id,
              const PendingModel& pending) {
  const bool is_there = catalog.has(id);
  Event& event = turn.emit_model(is_there ? EventType::ModelAdded : EventType::ModelRemoved, id);
  event.observed_between = {pending.last_seen, pending.first_seen};
  event.confirmed_by_polls = pending.polls;
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
  for (const auto& id : differing) turn_over(turn, catalog, id);
}

void judge_models(Turn& turn, const Catalog& catalog) {
  auto& pending = turn.state.pending_models;
  for (auto entry = pending.begin(); entry != pending.end();) {
    auto& [id, model] = *entry;
    const bool is_there = catalog.has(id);
    ++model.polls;
    turn.has_changed = true;
    const auto& confirm = is_there ? turn.policy().added : turn.policy().removed;
    const bool is_fact = turn.is_confirmed(confirm, model.polls, model.first_seen);
    const bool is_no_model = is_there && is_alias(turn, catalog, id);
    if (is_fact && !is_no_model) announce(turn, catalog, id, model);
    entry = is_fact || is_no_model ? pending.erase(entry) : std::next(entry);
  }
}

}  // namespace modelvane
