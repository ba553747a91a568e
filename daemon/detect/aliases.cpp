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
  alias.last_seen = keeps_own_time(alias.rule) ? std::optional{turn.now} : std::nullopt;
}

// From now on the alias is no longer as old as the last good poll.
void freeze(Turn& turn, AliasState& alias) {
  if (alias.last_seen) return;
  alias.last_seen = turn.state.last_good;
  turn.has_changed = true;
}

AliasState first_state(const Turn& turn, const AliasRow* row) {
  AliasState alias;
  alias.sighting.known.status = row ? AliasStatus::Resolved : AliasStatus::Undisclosed;
  if (row) {
    alias.sighting.known.target = row->target;
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
  fresh.pin_ok = alias.pin_ok;
  alias = std::move(fresh);
  turn.has_changed = true;
}

// What follows from a fact, which alias.sighting already shows.
void change(Turn& turn, const std::string& id, const Fact<Sighting>& fact, AliasState& alias,
            const Catalog& catalog, const AliasRow* row) {
  const AliasChange changed{.id = id, .fact = fact, .evidence_before = alias.evidence};
  if (row) {
    alias.evidence = row->evidence;
  } else {
    alias.unstable = false;
    alias.recent.clear();
  }
  const auto& before = fact.before.target;
  if (row ? alias.target() != before : before.empty()) alias.since = fact.first_seen;
  mark(turn, alias);
  announce_visibility(turn, changed, alias);
  if (row && !before.empty() && before != alias.target())
    announce_move(turn, changed, alias, catalog);
}

void settle(Turn& turn, const std::string& id, AliasState& alias, const Catalog& catalog,
            const AliasRow& row) {
  Fact<Sighting> fact;
  fact.last_seen = alias.last_seen;
  fact.first_seen = turn.now;
  fact.polls = std::max(turn.policy().moved.polls, kSettlePolls);
  fact.now = {AliasStatus::Resolved, row.target};
  fact.before = std::exchange(alias.sighting.known, fact.now);
  const AliasChange settled{
      .id = id, .fact = fact, .evidence_before = std::exchange(alias.evidence, row.evidence)};
  alias.unstable = false;
  alias.recent.clear();
  mark(turn, alias);
  const bool has_moved = fact.before.target != fact.now.target;
  if (has_moved) alias.since = turn.now;
  announce_settled(turn, settled, alias);
  if (has_moved) announce_move(turn, settled, alias, catalog);
}

// An alias that alternates between targets has none to compare with until it settles.
void wait_until_settled(Turn& turn, const std::string& id, AliasState& alias,
                        const Catalog& catalog, const AliasRow& row) {
  if (std::exchange(alias.sighting.pending, std::nullopt)) turn.has_changed = true;
  const Sighting seen{AliasStatus::Resolved, row.target};
  if (has_settled(alias, seen, turn.policy().moved.polls)) settle(turn, id, alias, catalog, row);
}

void judge(Turn& turn, const std::string& id, AliasState& alias, const Catalog& catalog,
           const AliasRow* row) {
  Sighting seen{catalog.has(id) ? AliasStatus::Undisclosed : AliasStatus::Absent, alias.target()};
  if (row) seen = {AliasStatus::Resolved, row->target};
  if (remember_target(alias, seen)) turn.has_changed = true;
  if (alias.unstable && row) return wait_until_settled(turn, id, alias, catalog, *row);
  if (!alias.unstable && alternates(alias)) {
    freeze(turn, alias);
    return become_unstable(turn, id, alias);
  }
  if (seen == alias.sighting.known) {
    mark(turn, alias);
  } else {
    freeze(turn, alias);
  }
  const bool is_there = seen.status != AliasStatus::Absent;
  const auto confirm =
      is_there ? turn.policy().moved : turn.state.restless.leaving(id, turn.policy().vanished);
  const auto& pending = alias.sighting.pending;
  if (is_there && pending && pending->seen.status == AliasStatus::Absent) turn.is_back(id, false);
  const auto fact = turn.observe(alias.sighting, seen, confirm, alias.last_seen);
  if (!fact) return;
  if (!is_there) turn.has_left(id);
  if (fact->before.status == AliasStatus::Absent) turn.is_back(id, true);
  change(turn, id, *fact, alias, catalog, row);
}

bool is_named(const Catalog& catalog, const std::string& id) {
  return std::binary_search(catalog.undisclosed.begin(), catalog.undisclosed.end(), id);
}

// Nothing says (any more) that the id is an alias, and it never had a target.
bool is_none(const Catalog& catalog, const std::string& id, const AliasState& alias,
             const AliasRow* row) {
  return !row && alias.target().empty() && !is_named(catalog, id) && catalog.has(id);
}

// What is known is no baseline to compare with: nobody had asked for a target yet, or it was read
// by another rule.
bool is_to_relearn(const Catalog& catalog, const std::string& id, const AliasState& alias,
                   const AliasRow* row) {
  if (alias.unheard && catalog.has(id)) return true;
  return row && row->rule != alias.rule && !alias.target().empty();
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
  std::erase_if(turn.state.aliases, [](const auto& entry) { return entry.second.is_nothing(); });
}

// That somebody has begun to ask for an id is no news of its provider: the first that traffic says
// of an alias is its baseline.
void learn_served(Turn& turn, const AliasRow& row) {
  const auto [entry, is_new] = turn.state.aliases.try_emplace(row.id, first_state(turn, &row));
  turn.has_changed = turn.has_changed || is_new;
}

// An alias that was never there is known as absent, without a target, until it is confirmed.
void meet_newcomers(Turn& turn, const Catalog& catalog) {
  const auto meet = [&](const std::string& id, Rule rule) {
    if (turn.state.aliases.contains(id) || catalog.is_unasked(id)) return;
    AliasState alias;
    alias.sighting.known.status = AliasStatus::Absent;
    alias.rule = rule;
    turn.state.newcomers.try_emplace(id, std::move(alias));
  };
  for (const auto& row : catalog.aliases) {
    if (row.rule == Rule::Served) {
      learn_served(turn, row);
    } else {
      meet(row.id, row.rule);
    }
  }
  for (const auto& id : catalog.undisclosed) meet(id, Rule{});
}

void judge_newcomers(Turn& turn, const Catalog& catalog) {
  auto& newcomers = turn.state.newcomers;
  for (auto entry = newcomers.begin(); entry != newcomers.end();) {
    auto& [id, alias] = *entry;
    const AliasRow* row = catalog.find_alias(id);
    if (catalog.is_unasked(id)) {
      ++entry;
      continue;
    }
    const bool is_there = row || is_named(catalog, id);
    if (is_there) {
      if (row) alias.rule = row->rule;
      judge(turn, id, alias, catalog, row);
    }
    const bool is_confirmed = alias.status() != AliasStatus::Absent;
    if (is_there && !is_confirmed && alias.sighting.pending) {
      ++entry;
      continue;
    }
    turn.has_changed = true;
    auto node = newcomers.extract(entry++);
    if (is_confirmed) turn.state.aliases.insert(std::move(node));
  }
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
  meet_newcomers(turn, catalog);
  judge_newcomers(turn, catalog);
}

}  // namespace modelvane
