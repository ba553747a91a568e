#include "daemon/detect/alias_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/detect/alternation.h"
#include "daemon/detect/hints.h"
#include "daemon/detect/pins.h"
#include "daemon/detect/retirements.h"

namespace modelvane {
namespace {

Event& alias_event(Turn& turn, EventType type, const AliasChange& change, const AliasState& now) {
  const auto& before = change.fact.before.target;
  const bool is_resolved = now.status() == AliasStatus::Resolved;
  Event& event = turn.emit_alias(type, change.id);
  if (!before.empty()) event.from = before;
  if (is_resolved) event.to = now.target();
  if (!now.target().empty()) event.rule = now.rule;
  event.observed_between = {change.fact.last_seen, change.fact.first_seen};
  event.confirmed_by_polls = change.fact.polls;
  event.evidence_before = change.evidence_before;
  if (is_resolved) event.evidence_after = now.evidence;
  event.pin = pin_state(turn.watched, change.id, is_resolved ? now.target() : before);
  return event;
}

std::string vanished(const Turn& turn, const AliasChange& change) {
  const auto& target = change.fact.before.target;
  return fmt::format("{} vanished from {}'s list{}", change.id, turn.watched.endpoint,
                     target.empty() ? "" : "; it pointed to " + target);
}

std::string disclosed(const Turn& turn, const AliasChange& change, const AliasState& now) {
  return fmt::format("{} says {}what {} points to: {}", turn.watched.endpoint,
                     change.fact.before.target.empty() ? "" : "again ", change.id, now.target());
}

std::string appeared(const Turn& turn, const AliasChange& change, const AliasState& now) {
  const auto place =
      fmt::format("is {} in {}'s list", change.fact.before.target.empty() ? "a new alias" : "back",
                  turn.watched.endpoint);
  return fmt::format("{} {}; {}", change.id, place,
                     now.status() == AliasStatus::Resolved ? "it points to " + now.target()
                                                           : "where it points to is not disclosed");
}

}  // namespace

void announce_visibility(Turn& turn, const AliasChange& change, const AliasState& now) {
  const AliasStatus old = change.fact.before.status;
  if (now.status() == old) return;
  if (now.status() == AliasStatus::Absent) {
    alias_event(turn, EventType::AliasVanished, change, now).summary = vanished(turn, change);
  } else if (old == AliasStatus::Absent) {
    alias_event(turn, EventType::AliasAppeared, change, now).summary = appeared(turn, change, now);
  } else if (now.status() == AliasStatus::Undisclosed) {
    alias_event(turn, EventType::AliasUndisclosed, change, now).summary =
        fmt::format("{} no longer says what {} points to; it was {}", turn.watched.endpoint,
                    change.id, change.fact.before.target);
  } else {
    alias_event(turn, EventType::AliasDisclosed, change, now).summary =
        disclosed(turn, change, now);
  }
}

void announce_move(Turn& turn, const AliasChange& change, AliasState& now, const Catalog& catalog) {
  const auto& before = change.fact.before.target;
  Event& event = alias_event(turn, EventType::AliasMoved, change, now);
  if (now.last_move && now.last_move->from == now.target()) event.reverts = now.last_move->event_id;
  event.retirement = retirement_of(catalog, now.target(), turn.now);
  event.changed = take_hints(turn.watched, now, catalog, change.id);
  event.summary = fmt::format("{} moved from {} to {}{}{}", change.id, before, now.target(),
                              event.reverts ? " (a move back)" : "",
                              event.retirement ? ", which " + ending_words(*event.retirement) : "");
  ++now.changes;
  now.last_move = LastMove{.event_id = event.id, .from = before, .at = turn.now};
}

void announce_settled(Turn& turn, const AliasChange& change, const AliasState& now) {
  alias_event(turn, EventType::AliasSettled, change, now).summary =
      fmt::format("{} has settled on {}", change.id, now.target());
}

void become_unstable(Turn& turn, const std::string& id, AliasState& alias) {
  alias.unstable = true;
  alias.sighting.pending.reset();
  Event& event = turn.emit_alias(EventType::AliasUnstable, id);
  event.from = alias.target();
  event.rule = alias.rule;
  event.targets = distinct_targets(alias);
  event.observed_between = {alias.last_seen, turn.now};
  event.confirmed_by_polls = static_cast<int>(alias.recent.size());
  event.evidence_before = alias.evidence;
  event.pin = pin_state(turn.watched, id, alias.target());
  event.summary = fmt::format("{} alternates between {}", id, fmt::join(event.targets, " and "));
}

}  // namespace modelvane
