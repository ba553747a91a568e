#include "daemon/detect/shrink_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/detect/availability.h"

namespace modelvane {
namespace {

bool has_shrunk(const Turn& turn, const Catalog& catalog) {
  const auto& known = turn.state.ids;
  if (turn.policy().shrink_guard.ratio <= 0 || known.empty() || known == catalog.ids) return false;
  const auto is_gone = [&catalog](const std::string& id) { return !catalog.has(id); };
  const auto lost = std::ranges::count_if(known, is_gone);
  return static_cast<double>(lost) >=
         turn.policy().shrink_guard.ratio * static_cast<double>(known.size());
}

Event& catalog_event(Turn& turn, EventType type, const Catalog& catalog) {
  Event& event = turn.emit(type);
  event.models_before = turn.state.ids.size();
  event.models_now = catalog.ids.size();
  return event;
}

void quarantine(Turn& turn, const Catalog& catalog) {
  turn.state.quarantine = Quarantine{.since = turn.now, .models_now = catalog.ids.size()};
  Event& event = catalog_event(turn, EventType::CatalogQuarantined, catalog);
  event.observed_between = {turn.state.last_good, turn.now};
  event.confirmed_by_polls = 1;
  event.detail = fmt::format("not believed until the list comes back or {} have passed",
                             to_text(turn.policy().shrink_guard.hold));
  event.summary =
      fmt::format("{}'s list shrank from {} to {} models at once: {}", turn.watched.endpoint,
                  *event.models_before, *event.models_now, event.detail);
}

void accept(Turn& turn, const Catalog& catalog, const std::string& why) {
  const Time since = turn.state.quarantine->since;
  Event& event = catalog_event(turn, EventType::CatalogAccepted, catalog);
  event.observed_between = {since, turn.now};
  event.confirmed_by_polls = 1;
  event.lasted = turn.now - since;
  event.detail = why;
  event.summary = fmt::format("{}'s list of {} models is believed again: {}", turn.watched.endpoint,
                              *event.models_now, why);
  turn.state.quarantine.reset();
}

}  // namespace

bool believes(Turn& turn, const Catalog& catalog) {
  auto& held = turn.state.quarantine;
  if (!has_shrunk(turn, catalog)) {
    if (held) accept(turn, catalog, "the list came back");
    return true;
  }
  if (!held) {
    quarantine(turn, catalog);
    return false;
  }
  turn.has_changed = turn.has_changed || held->models_now != catalog.ids.size();
  held->models_now = catalog.ids.size();
  if (turn.now - held->since < turn.policy().shrink_guard.hold) return false;
  accept(turn, catalog, "it stayed so for " + seconds_or_more(turn.now - held->since));
  return true;
}

}  // namespace modelvane
