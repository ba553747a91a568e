// Endpoints that are compared with one another (detect/peers.h).
#include "daemon/engine/engine.h"

namespace modelvane {

void Engine::compare_peers(Watch& watch) {
  const auto& group = watch.endpoint.config()->compare;
  if (group.empty() || watch.endpoint.is_failing()) return;
  std::vector<Peer> peers;
  for (const auto& other : watches_) {
    if (other.get() == &watch || other->endpoint.config()->compare != group) continue;
    if (other->index < watch.index) return;  // judged at the polls of the group's first
    // What a silent endpoint said last may be long past.
    if (!other->endpoint.is_failing())
      peers.push_back({other->endpoint.name(), other->endpoint.state()});
  }
  auto compared = watch.endpoint.compare(peers, clock_.wall());
  for (auto& event : compared.events) uncommitted_.note(std::move(event));
  if (compared.must_persist) uncommitted_.note_state(watch.endpoint.name());
}

}  // namespace modelvane
