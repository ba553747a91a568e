#include "daemon/detect/aliases.h"

#include <algorithm>
#include <utility>

#include "daemon/detect/alias_events.h"
#include "daemon/detect/alternation.h"

namespace modelvane {
namespace {

// This poll showed the alias as it is known. What the list itself shows is as old as the list's
// last good poll; what was asked for keeps its own time.
void mark(const Turn& turn, AliasState& alias) {
  alias.last_seen = is_asked(alias.rule) ? std::optional{turn.now} : std::nullopt;
}

// From now on the alias is no longer as old as the last good poll.
void freeze(Turn& turn, AliasState& alias) {
  if (alias.last_seen) return;
  alias.last_seen = turn.state.last_good;
  turn.has_changed = true;
}

AliasState first_state(const Turn& turn, const AliasRow* row) {
  AliasState alias;
  alias.status = row ? AliasStatus::Resolved : AliasStatus::Undisclosed;
  if (row) {
    alias.target = row->target;
    alias.rule = row->rule;
    alias.evidence = row->evidence;
  }
  alias.since = turn.now;
  mark(turn, alias);
  return alias;
}

// Takes the answer as the new baseline, but keeps what is not about the target.
void relearn(Turn& turn, AliasState& alias, const AliasRow* row) {
  AliasState fresh = first_state(turn, row);
  fresh.changes = alias.changes;
  fresh.hints = std::move(alias.hints);
  fresh.pending_hints = std::move(alias.pending_hints);
  fresh.pin_ok = alias.pin_ok;
  alias = std::move(fresh);
  turn.has_changed = true;
}

// The pending difference has become a fact.
void change(Turn& turn, const std::string& id, AliasState& alias, const Catalog& catalog,
            const AliasRow* row) {
  const AliasChange changed{.id = id, .old = alias, .pending = *alias.pending};
  alias.pending.reset();
  alias.status = changed.pending.seen.status;
  if (row) {
    alias.target = row->target;
    alias.evidence = row->evidence;
  } else {
    alias.unstable = false;
    alias.recent.clear();
  }
  if (row ? alias.target != changed.old.target : alias.target.empty())
    alias.since = changed.pending.first_seen;
  mark(turn, alias);
  announce_visibility(turn, changed, alias);
  const bool has_moved = row && !changed.old.target.empty() && changed.old.target != alias.target;
  if (has_moved) announce_move(turn, changed, alias, catalog);
}

void settle(Turn& turn, const std::string& id, AliasState& alias, const Catalog& catalog,
            const AliasRow& row) {
  const Sighting seen{AliasStatus::Resolved, row.target};
  const int polls = std::max(turn.policy().moved.polls, kSettlePolls);
  const AliasChange settled{
      .id = id, .old = alias, .pending = {.seen = seen, .first_seen = turn.now, .polls = polls}};
  alias.unstable = false;
  alias.recent.clear();
  alias.status = AliasStatus::Resolved;
  alias.target = row.target;
  alias.evidence = row.evidence;
  mark(turn, alias);
  const bool has_moved = settled.old.target != alias.target;
  if (has_moved) alias.since = turn.now;
  announce_settled(turn, settled, alias);
  if (has_moved) announce_move(turn, settled, alias, catalog);
}

void await_confirmation(Turn& turn, const std::string& id, AliasState& alias, const Sighting& seen,
                        const Catalog& catalog, const AliasRow* row) {
  freeze(turn, alias);
  if (!alias.pending || alias.pending->seen != seen)
    alias.pending = Pending{.seen = seen, .first_seen = turn.now};
  ++alias.pending->polls;
  turn.has_changed = true;
  const auto& confirm =
      seen.status == AliasStatus::Absent ? turn.policy().vanished : turn.policy().moved;
  if (turn.is_confirmed(confirm, alias.pending->polls, alias.pending->first_seen))
    change(turn, id, alias, catalog, row);
}

void judge(Turn& turn, const std::string& id, AliasState& alias, const Catalog& catalog,
           const AliasRow* row) {
  Sighting seen{catalog.has(id) ? AliasStatus::Undisclosed : AliasStatus::Absent, ""};
  if (row) seen = {AliasStatus::Resolved, row->target};
  if (remember_target(alias, seen)) turn.has_changed = true;
  if (alias.unstable && row) {
    if (std::exchange(alias.pending, std::nullopt)) turn.has_changed = true;
    if (has_settled(alias, seen, turn.policy().moved.polls)) settle(turn, id, alias, catalog, *row);
    return;
  }
  if (!alias.unstable && alternates(alias)) {
    freeze(turn, alias);
    return become_unstable(turn, id, alias);
  }
  const Sighting known{alias.status, alias.status == AliasStatus::Resolved ? alias.target : ""};
  if (seen != known) return await_confirmation(turn, id, alias, seen, catalog, row);
  if (std::exchange(alias.pending, std::nullopt)) turn.has_changed = true;
  mark(turn, alias);
}

bool is_named(const Catalog& catalog, const std::string& id) {
  return std::binary_search(catalog.undisclosed.begin(), catalog.undisclosed.end(), id);
}

// Nothing says (any more) that the id is an alias, and it never had a target.
bool is_none(const Catalog& catalog, const std::string& id, const AliasState& alias,
             const AliasRow* row) {
  if (row || !alias.target.empty() || is_named(catalog, id)) return false;
  return alias.is_newcomer() || catalog.has(id);
}

// What is known is no baseline to compare with: nobody had asked for a target yet, or it was read
// by another rule.
bool is_to_relearn(const Catalog& catalog, const std::string& id, const AliasState& alias,
                   const AliasRow* row) {
  if (alias.unheard && catalog.has(id)) return true;
  return row && row->rule != alias.rule && !alias.target.empty();
}

void judge_known(Turn& turn, const Catalog& catalog) {
  for (auto entry = turn.state.aliases.begin(); entry != turn.state.aliases.end();) {
    auto& [id, alias] = *entry;
    const AliasRow* row = catalog.find_alias(id);
    if (catalog.is_unasked(id)) {
      freeze(turn, alias);
    } else if (is_none(catalog, id, alias, row)) {
      turn.has_changed = true;
      entry = turn.state.aliases.erase(entry);
      continue;
    } else if (is_to_relearn(catalog, id, alias, row)) {
      relearn(turn, alias, row);
    } else {
      if (row && row->rule != alias.rule) alias.rule = row->rule;
      judge(turn, id, alias, catalog, row);
    }
    ++entry;
  }
  // A never disclosed alias that has vanished leaves nothing to know.
  std::erase_if(turn.state.aliases, [](const auto& entry) {
    return entry.second.is_newcomer() && !entry.second.pending;
  });
}

// An alias that was never there: known as absent (without a target) until it is confirmed.
void await_newcomer(Turn& turn, const std::string& id, const Catalog& catalog,
                    const AliasRow* row) {
  if (turn.state.aliases.contains(id) || catalog.is_unasked(id)) return;
  AliasState alias;
  alias.status = AliasStatus::Absent;
  if (row) alias.rule = row->rule;
  judge(turn, id, turn.state.aliases.emplace(id, std::move(alias)).first->second, catalog, row);
}

}  // namespace

void learn_aliases(Turn& turn, const Catalog& catalog) {
  auto& aliases = turn.state.aliases;
  for (const auto& row : catalog.aliases) aliases.emplace(row.id, first_state(turn, &row));
  for (const auto& id : catalog.unasked) {
    const auto [entry, is_new] = aliases.try_emplace(id, first_state(turn, nullptr));
    if (is_new) entry->second.unheard = true;
  }
  for (const auto& id : catalog.undisclosed) aliases.try_emplace(id, first_state(turn, nullptr));
  turn.has_changed = true;
}

void judge_aliases(Turn& turn, const Catalog& catalog) {
  judge_known(turn, catalog);
  for (const auto& row : catalog.aliases) await_newcomer(turn, row.id, catalog, &row);
  for (const auto& id : catalog.undisclosed) await_newcomer(turn, id, catalog, nullptr);
}

}  // namespace modelvane
