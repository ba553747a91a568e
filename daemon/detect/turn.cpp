#include "daemon/detect/turn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "daemon/catalog/targets.h"

namespace modelvane {
Event& Turn::emit(EventType type) {
  Event event;
  // Made from the state, so the same poll on the same state always makes the same id.
  event.ordinal = ++state.events_made;
  event.id = event_id(now, watched.instance, watched.endpoint, event.ordinal);
  event.type = type;
  event.time = now;
  event.endpoint = watched.endpoint;
  event.request_id = request_id;
  event.labels = watched.labels;
  has_changed = true;
  return events.emplace_back(std::move(event));
}

Event& Turn::emit_alias(EventType type, const std::string& alias) {
  Event& event = emit(type);
  event.alias = alias;
  return event;
}

Event& Turn::emit_model(EventType type, const std::string& model) {
  Event& event = emit(type);
  event.model = model;
  for (const auto& [id, alias] : state.aliases) {
    const bool points_there = alias.status() == AliasStatus::Resolved &&
                              std::ranges::count(targets_in(alias.target()), model) != 0;
    if (points_there || id == model) event.aliases.push_back(id);
  }
  return event;
}

void Turn::is_back(const std::string& id, bool was_told) {
  auto& [restless, departed, taken_back] = state.restless;
  std::erase_if(departed,
                [&](const auto& entry) { return elapsed(entry.second, now) > kReturnsWithin; });
  if (was_told && departed.erase(id) == 0) return;
  has_changed = true;
  if (restless.size() < kRestlessMax) restless.insert(id);
}

Event& Turn::emit_ids(EventType type, const std::vector<std::string>& ids, std::size_t models_now) {
  Event& event = emit(type);
  event.models_before = state.ids.size();
  event.models_now = models_now;
  event.ids.assign(ids.begin(),
                   ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), kNamedIdsMax)));
  event.ids_count = ids.size();
  return event;
}

// "a, b and 7 more"
std::string some_of(const std::vector<std::string>& ids) {
  constexpr std::size_t kShown = 3;
  if (ids.size() <= kShown + 1) return fmt::format("{}", fmt::join(ids, ", "));
  return fmt::format("{} and {} more", fmt::join(ids.begin(), ids.begin() + kShown, ", "),
                     ids.size() - kShown);
}

}  // namespace modelvane
