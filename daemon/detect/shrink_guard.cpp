#include "daemon/detect/shrink_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/catalog/targets.h"
#include "daemon/detect/availability.h"
#include "daemon/detect/models.h"

namespace modelvane {
namespace {

using Ids = std::vector<std::string>;
using SharedCatalog = std::shared_ptr<const Catalog>;

std::set<std::string, std::less<>> targets_of(const Catalog& catalog) {
  std::set<std::string, std::less<>> targets;
  for (const auto& row : catalog.aliases) {
    for (const auto target : targets_in(row.target)) targets.emplace(target);
  }
  return targets;
}

bool is_known(const EndpointState& state, const std::string& id) {
  const auto pending = state.pending_models.find(id);
  return (pending == state.pending_models.end() || pending->second.known) &&
         !state.newcomers.contains(id);
}

// The known ids that the list does not have and does not name as an alias or a target either.
Ids gone(const Turn& turn, const Catalog& catalog) {
  const auto& known = turn.state.ids;
  if (known == catalog.ids) return {};
  Ids missing;
  std::ranges::set_difference(known, catalog.ids, std::back_inserter(missing));
  if (missing.empty()) return {};
  const auto targets = targets_of(catalog);
  std::erase_if(missing, [&](const auto& id) {
    return !is_known(turn.state, id) || catalog.names(id) || targets.contains(id);
  });
  return missing;
}

bool is_doubtful(const Turn& turn, const Ids& missing) {
  const auto& guard = turn.policy().shrink_guard;
  return guard.ratio > 0 && missing.size() >= guard.least &&
         static_cast<double>(missing.size()) >=
             guard.ratio * static_cast<double>(turn.state.ids.size());
}

void quarantine(Turn& turn, const Catalog& catalog, const Ids& missing) {
  turn.state.quarantine = Quarantine{.since = turn.now,
                                     .last_seen = turn.state.last_good,
                                     .ids = IdList::of(missing),
                                     .models_now = catalog.ids.size()};
  Event& event = turn.emit_ids(EventType::CatalogQuarantined, missing, catalog.ids.size());
  event.confirmed_by_polls = 1;
  event.observed_between = {turn.state.last_good, turn.now};
  event.detail = fmt::format("not believed until they come back or {} have passed",
                             to_text(turn.policy().shrink_guard.hold));
  event.summary =
      fmt::format("{} of {} models left {}'s list at once ({}): {}", missing.size(),
                  *event.models_before, turn.watched.endpoint, some_of(missing), event.detail);
}

void accept(Turn& turn, const Catalog& catalog, const std::string& what, const std::string& why) {
  const auto& held = *turn.state.quarantine;
  const Ids doubted = held.ids.all();
  Event& event = turn.emit_ids(EventType::CatalogAccepted, doubted, catalog.ids.size());
  event.confirmed_by_polls = 1;
  event.observed_between = {held.since, turn.now};
  event.lasted = elapsed(held.since, turn.now);
  event.detail = why;
  event.summary = doubted.empty()
                      ? fmt::format("{}'s list is believed again: {}", turn.watched.endpoint, why)
                      : fmt::format("{} models that left {}'s list ({}) {}: {}", doubted.size(),
                                    turn.watched.endpoint, some_of(doubted), what, why);
  turn.state.quarantine.reset();
}

// An alias of which only doubted ids could tell: it is one of them, or it points to one.
bool is_doubted(const Quarantine& held, const std::string& id, const AliasState& alias) {
  return held.ids.has(id) || std::ranges::any_of(targets_in(alias.target()),
                                                 [&](auto target) { return held.ids.has(target); });
}

void keep_aliases(const Turn& turn, const Catalog& seen, Catalog& catalog) {
  const auto& held = *turn.state.quarantine;
  for (const auto& [id, alias] : turn.state.aliases) {
    if (!seen.has(id) && !seen.names(id) && is_doubted(held, id, alias))
      catalog.unasked.push_back(id);
  }
  std::ranges::sort(catalog.unasked);
}

void keep_endings(const Turn& turn, const Ids& doubted, Catalog& catalog) {
  if (!turn.state.endings) return;
  for (const auto& id : doubted) {
    const auto ending = turn.state.endings->find(id);
    if (ending == turn.state.endings->end() || !ending->second.ending.known) continue;
    const auto& known = *ending->second.ending.known;
    catalog.lifecycles.push_back(
        {.id = id, .retires_at = known.at, .replacement = known.replacement});
  }
  std::ranges::sort(catalog.lifecycles, {}, &Lifecycle::id);
}

SharedCatalog with_doubted(const Turn& turn, const Catalog& seen) {
  auto catalog = std::make_shared<Catalog>(seen);
  const Ids doubted = turn.state.quarantine->ids.all();
  Ids all;
  std::ranges::set_union(seen.ids, doubted, std::back_inserter(all));
  catalog->ids = IdList::of(all);
  keep_aliases(turn, seen, *catalog);
  keep_endings(turn, doubted, *catalog);
  return catalog;
}

// Who was doubted, and is in the list again.
void greet(Turn& turn, const Catalog& catalog) {
  for (const auto& id : turn.state.quarantine->ids) {
    if (catalog.has(id)) turn.is_back(id, false);
  }
}

// The doubt goes on, with those that are gone now. Whoever joins them makes it begin anew: what
// stays as it is for policy's hold is believed, and a list that changes all the time never does.
void hold(Turn& turn, const Catalog& catalog, const Ids& missing) {
  auto& held = *turn.state.quarantine;
  const auto before = std::exchange(held.ids, IdList::of(missing));
  const auto size_before = std::exchange(held.models_now, catalog.ids.size());
  const bool has_joined = before.is_known() && !std::ranges::all_of(missing, [&](const auto& id) {
                            return before.has(id);
                          });
  if (has_joined) held.since = turn.now;
  turn.has_changed = turn.has_changed || before != held.ids || size_before != held.models_now;
}

}  // namespace

SharedCatalog believed(Turn& turn, SharedCatalog catalog) {
  auto& held = turn.state.quarantine;
  const Ids missing = gone(turn, *catalog);
  if (held) greet(turn, *catalog);
  if (!is_doubtful(turn, missing)) {
    if (held) accept(turn, *catalog, "are believed again", "the list came back");
    return catalog;
  }
  if (!held) {
    quarantine(turn, *catalog, missing);
  } else {
    hold(turn, *catalog, missing);
    const Duration lasted = elapsed(held->since, turn.now);
    if (lasted >= turn.policy().shrink_guard.hold) {
      await_removals(turn, *held);
      accept(turn, *catalog, "are believed to be gone",
             "it stayed so for " + seconds_or_more(lasted));
      return catalog;
    }
  }
  return with_doubted(turn, *catalog);
}

}  // namespace modelvane
