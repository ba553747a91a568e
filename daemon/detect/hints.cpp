#include "daemon/detect/hints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "daemon/detect/pins.h"

namespace modelvane {
namespace {

using Values = std::vector<std::string>;

std::vector<HintChange> differences(const Watched& watched, const Values& from, const Values& to) {
  std::vector<HintChange> changes;
  for (std::size_t i = 0; i < std::min({watched.hints.size(), from.size(), to.size()}); ++i) {
    if (from[i] != to[i])
      changes.push_back({.pointer = watched.hints[i], .from = from[i], .to = to[i]});
  }
  return changes;
}

void announce(Turn& turn, const std::string& id, const AliasState& alias,
              const Fact<Values>& fact) {
  Event& event = turn.emit_alias(EventType::AliasHint, id);
  event.changed = differences(turn.watched, fact.before, fact.now);
  event.observed_between = {fact.last_seen, fact.first_seen};
  event.confirmed_by_polls = fact.polls;
  if (!alias.target().empty()) event.rule = alias.rule;
  event.pin = pin_state(turn.watched, id, alias.target());
  std::vector<std::string> pointers;
  for (const auto& change : event.changed) pointers.push_back(change.pointer);
  event.summary =
      fmt::format("{} may have moved: {} changed on its row", id, fmt::join(pointers, ", "));
}

void judge(Turn& turn, const std::string& id, AliasState& alias, const Values& seen) {
  if (alias.hints.known.size() != seen.size()) {  // nothing known, or other pointers
    alias.hints = {.known = seen, .pending = std::nullopt};
    turn.has_changed = true;
    return;
  }
  const auto fact = turn.observe(alias.hints, seen, turn.policy().moved, turn.state.last_good);
  if (fact) announce(turn, id, alias, *fact);
}

const HintRow* find_hints(const Catalog& catalog, const std::string& id) {
  const auto found =
      std::lower_bound(catalog.hints.begin(), catalog.hints.end(), id,
                       [](const HintRow& row, const std::string& key) { return row.id < key; });
  return found != catalog.hints.end() && found->id == id ? &*found : nullptr;
}

}  // namespace

void judge_hints(Turn& turn, const Catalog& catalog) {
  for (const auto& row : catalog.hints) {
    const auto alias = turn.state.aliases.find(row.id);
    if (alias != turn.state.aliases.end()) judge(turn, row.id, alias->second, row.values);
  }
}

std::vector<HintChange> take_hints(const Watched& watched, AliasState& alias,
                                   const Catalog& catalog, const std::string& id) {
  const HintRow* row = find_hints(catalog, id);
  if (row == nullptr) return {};
  alias.hints.pending.reset();
  return differences(watched, std::exchange(alias.hints.known, row->values), row->values);
}

}  // namespace modelvane
