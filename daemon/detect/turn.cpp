#include "daemon/detect/turn.h"

#include <algorithm>
#include <utility>

namespace modelvane {
Event& Turn::emit(EventType type) {
  Event event;
  // Made from the state, so the same poll on the same state always makes the same id.
  event.id = event_id(now, watched.instance, watched.endpoint, ++state.events_made);
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
    const bool points_there =
        alias.status() == AliasStatus::Resolved && names_target(alias.target(), model);
    if (points_there || id == model) event.aliases.push_back(id);
  }
  return event;
}

bool names_target(const std::string& targets, const std::string& model) {
  if (targets == model) return true;
  for (std::size_t start = 0; start <= targets.size();) {
    const auto end = std::min(targets.find(',', start), targets.size());
    if (targets.compare(start, end - start, model) == 0) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace modelvane
