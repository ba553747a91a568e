// What the engine makes of hosts that are out of reach (isolation.h).
#include <set>

#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {

bool Engine::may_tell_down(const Watch& watch) {
  const Duration now = clock_.steady();
  const auto host = name_of_host(watch.host);
  isolation_.note(host, true, now);
  const auto answer =
      isolation_.ask(host, watch.endpoint.config().timeout, !has_network_ || has_network_(), now);
  if (answer != Isolation::Answer::Check) return answer == Isolation::Answer::Tell;
  const auto unknown = isolation_.to_check();
  std::set<std::string> left(unknown.begin(), unknown.end());
  for (auto& other : watches_) {
    if (other->ticket != 0 || left.erase(name_of_host(other->host)) == 0) continue;
    hurry(*other, now);
  }
  return false;
}

void Engine::note_reach(const Watch& watch, const EndpointWatch::Outcome& outcome) {
  const auto host = name_of_host(watch.host);
  // What was to be expected says nothing about our network.
  if (!watch.endpoint.is_in_maintenance() || !watch.endpoint.is_out_of_reach())
    isolation_.note(host, watch.endpoint.is_out_of_reach(), clock_.steady());
  for (const auto& event : outcome.events) {
    if (event.type == EventType::EndpointDown) isolation_.note_told(host);
  }
  if (isolation_.is_isolated() == daemon_.is_isolated) return;
  daemon_.is_isolated = isolation_.is_isolated();
  if (daemon_.is_isolated) {
    log::warn(
        "isolated: most hosts are out of reach at once, so it is taken for this machine's own "
        "network; no endpoint.down is told for at most 15 minutes");
  } else {
    log::info("not isolated any more");
  }
}

}  // namespace modelvane
