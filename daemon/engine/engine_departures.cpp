// Endpoints that left the configuration (detect/unwatched.h).
#include "daemon/engine/engine.h"

namespace modelvane {

void Engine::note_departure(const std::string& name, std::vector<Event> events) {
  if (events.empty()) return;
  for (auto& event : events) uncommitted_.note(std::move(event));
  uncommitted_.note_state(name);
}

void Engine::note_departures_before_start(const std::vector<std::string>& known) {
  for (const auto& name : known) {
    const auto found = unwatched_.find(name);
    if (found == unwatched_.end()) continue;
    auto& state = found->second.state;
    Watched watched;
    watched.endpoint = name;
    watched.instance = instance_;
    note_departure(name, leave(state, watched, clock_.wall()));
  }
}

const EndpointState* Engine::state_to_keep(const std::string& endpoint) const {
  if (const auto* state = state_of(endpoint)) return state;
  const auto left = unwatched_.find(endpoint);
  return left == unwatched_.end() ? nullptr : &left->second.state;
}

}  // namespace modelvane
