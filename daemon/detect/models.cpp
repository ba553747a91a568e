#include "daemon/detect/models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

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

// How much longer than usual the list's models must be away.
Duration patience(const Restless& restless, const Confirm& usual, Time now) {
  Duration longest{0};
  for (const auto& entry : restless.taken_back) {
    if (entry.at < now && now - entry.at <= kPatienceLasts)
      longest = std::max(longest, entry.early);
  }
  // A quarter more, for the next one will hardly be shorter; and in proportion to what the user
  // finds long enough.
  return std::min({longest + longest / 4, usual.for_at_least * 4, kMostPatience});
}

// How many models are missing since the same poll, and whether the shrink guard would doubt so
// many.
class Groups {
 public:
  Groups(const Turn& turn, const Catalog& catalog)
      : guard_(turn.policy().shrink_guard), listed_(catalog.ids.size()) {
    for (const auto& [id, presence] : turn.state.pending_models) {
      if (presence.known && presence.pending && !catalog.has(id))
        ++missing_[presence.pending->first_seen];
    }
  }
  bool is_large(Time first_seen) const {
    const auto found = missing_.find(first_seen);
    const auto missing = found == missing_.end() ? 0 : found->second;
    return guard_.ratio > 0 && missing >= guard_.least &&
           static_cast<double>(missing) >= guard_.ratio * static_cast<double>(listed_ + missing);
  }

 private:
  const ShrinkGuard& guard_;
  std::size_t listed_;
  std::map<Time, std::size_t> missing_;
};

// What is needed to believe that the model has left. What left together comes back together more
// often than not: it must be away four times as long. This and patience count from when the model
// was last seen: the time in which its leaving was doubted is a part of it.
Confirm removal(const Turn& turn, const Groups& groups, const std::string& id,
                const Confirming<bool>& presence) {
  constexpr int kTimesTogether = 4;
  const auto& usual = turn.policy().removed;
  auto needed = turn.state.restless.leaving(id, usual);
  const auto& pending = presence.pending;
  if (!pending) return needed;
  auto more = patience(turn.state.restless, usual, turn.now);
  if (groups.is_large(pending->first_seen))
    more = std::max(more, std::min(usual.for_at_least * (kTimesTogether - 1), kMostPatience));
  const Duration before =
      pending->last_seen ? elapsed(*pending->last_seen, pending->first_seen) : Duration{0};
  if (more > Duration{0})
    needed.for_at_least = std::max(needed.for_at_least, usual.for_at_least + more - before);
  return needed;
}

}  // namespace

void Restless::take_back(const std::string& id, const Confirm& usual, Time now) {
  const auto told = departed.find(id);
  if (told == departed.end() || elapsed(told->second, now) > kReturnsWithin) return;
  const auto waited =
      std::max(leaving(id, usual).for_at_least, usual.for_at_least + patience(*this, usual, now));
  const auto early = elapsed(told->second, now) + waited - usual.for_at_least;
  std::erase_if(taken_back,
                [&](const TakenBack& entry) { return now - entry.at > kPatienceLasts; });
  if (taken_back.empty() || taken_back.back().at != now) taken_back.push_back({now, early});
  taken_back.back().early = std::max(taken_back.back().early, early);
  // The newest tell enough of a list that never rests.
  constexpr std::size_t kTakenBackMax = 32;
  if (taken_back.size() > kTakenBackMax) taken_back.erase(taken_back.begin());
}

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
  const Groups groups{turn, catalog};
  for (auto entry = pending.begin(); entry != pending.end();) {
    auto& [id, presence] = *entry;
    const bool is_there = catalog.has(id);
    const auto confirm = is_there ? turn.policy().added : removal(turn, groups, id, presence);
    if (is_there && presence.known) turn.is_back(id, false);
    const auto fact = turn.observe(presence, is_there, confirm, turn.state.last_good);
    const bool is_no_model = is_there && is_alias(turn, catalog, id);
    if (is_no_model) turn.has_changed = true;
    if (fact && !is_no_model) announce(turn, catalog, id, *fact);
    if (fact && is_there) turn.state.restless.take_back(id, turn.policy().removed, turn.now);
    if (fact) is_there ? turn.is_back(id, true) : turn.has_left(id);
    entry = is_no_model || !presence.pending ? pending.erase(entry) : std::next(entry);
  }
}

}  // namespace modelvane
