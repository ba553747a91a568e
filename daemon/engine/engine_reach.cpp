// What the engine makes of hosts that are out of reach (isolation.h).
#include <fmt/format.h>

#include <set>

#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {

EndpointWatch::Telling Engine::may_tell_down(const Watch& watch) {
  using Telling = EndpointWatch::Telling;
  const Duration now = clock_.steady();
  const auto host = name_of_host(watch.host);
  isolation_.note(host, true, now);
  const auto has_network = isolation_.needs_network()
                               ? connectivity_.is_there(watch.endpoint.config()->timeout)
                               : std::optional<bool>{true};
  switch (isolation_.ask(host, watch.endpoint.config()->timeout, has_network, now)) {
    case Isolation::Answer::Tell: return Telling::Yes;
    case Isolation::Answer::TellIsolated: return Telling::Isolated;
    case Isolation::Answer::Wait: return Telling::No;
    case Isolation::Answer::Check: break;
  }
  const auto unknown = isolation_.to_check();
  std::set<std::string> left(unknown.begin(), unknown.end());
  for (auto& other : watches_) {
    if (other->ticket != 0 || left.erase(name_of_host(other->host)) == 0) continue;
    hurry(*other, now);
  }
  return Telling::No;
}

// Those that waited for what the targets say ask again.
void Engine::hurry_out_of_reach() {
  for (auto& watch : watches_) {
    const auto& endpoint = watch->endpoint;
    if (watch->ticket == 0 && endpoint.is_out_of_reach() &&
        endpoint.state().availability.known != Availability::Down)
      hurry(*watch, clock_.steady());
  }
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
  tell_of_isolation();
}

void Engine::tell_of_isolation() {
  const Time wall = clock_.wall();
  const bool is_isolated = daemon_.is_isolated;
  Event event{.id = event_id(wall, instance_, "isolation", is_isolated ? 1 : 0),
              .type = is_isolated ? EventType::DaemonIsolated : EventType::DaemonRejoined,
              .time = wall};
  if (!is_isolated && isolated_since_) event.lasted = elapsed(*isolated_since_, wall);
  isolated_since_ = is_isolated ? std::optional{wall} : std::nullopt;
  event.summary =
      is_isolated
          ? fmt::format("modelvane {} is isolated: most hosts are out of reach at once", instance_)
          : fmt::format("modelvane {} is no longer isolated", instance_);
  uncommitted_.note(std::move(event));
}

}  // namespace modelvane
