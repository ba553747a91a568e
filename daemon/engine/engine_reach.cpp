// What the engine makes of hosts that are out of reach (isolation.h).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// A target is a machine of one's own network or a well-known address: it answers at once.
constexpr Duration kTargetTimeout = std::chrono::seconds{3};
// What the targets said counts for so long, or until a poll that begins then has run into its
// timeout.
constexpr Duration kTargetsCount = std::chrono::seconds{30};
constexpr std::size_t kTargetAnswerMax = 4096;
// So long the kernel is not asked again: thousands of endpoints may fail in a second.
constexpr Duration kKernelCounts = std::chrono::seconds{1};

}  // namespace

EndpointWatch::Telling Engine::may_tell_down(const Watch& watch) {
  using Telling = EndpointWatch::Telling;
  const Duration now = clock_.steady();
  const auto host = name_of_host(watch.host);
  isolation_.note(host, true, now);
  const auto has_network = isolation_.needs_network()
                               ? has_connectivity(watch.endpoint.config()->timeout)
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

std::optional<bool> Engine::has_connectivity(Duration timeout) {
  const Duration now = clock_.steady();
  if (!kernel_network_.at || now - *kernel_network_.at > kKernelCounts)
    kernel_network_ = {.at = now, .is_there = !has_network_ || has_network_()};
  if (!kernel_network_.is_there) return false;
  if (connectivity_.targets.empty()) return true;
  if (connectivity_.under_way == 0 && connectivity_.known_at &&
      now - *connectivity_.known_at <= std::max(kTargetsCount, 2 * timeout))
    return connectivity_.is_any_reached;
  if (connectivity_.under_way == 0) ask_connectivity_targets();
  return std::nullopt;
}

// Any answer will do, also one that is no HTTP: somebody was there.
void Engine::ask_connectivity_targets() {
  connectivity_.is_any_reached = false;
  for (const auto& target : connectivity_.targets) {
    HttpRequest request;
    request.url = "http://" + target + "/";
    request.timeout = kTargetTimeout;
    request.body_limit = kTargetAnswerMax;
    request.status_suffices = true;
    const auto ticket = next_ticket_++;
    under_way_.emplace(ticket, Work{.is_connectivity = true, .started = clock_.steady()});
    ++connectivity_.under_way;
    transport_.start(ticket, std::move(request));
  }
}

void Engine::take_connectivity(const HttpResult& result) {
  --connectivity_.under_way;
  connectivity_.known_at = clock_.steady();
  if (result || !is_unreachable(result.error().reason)) connectivity_.is_any_reached = true;
  if (connectivity_.under_way > 0) return;
  // Whoever waited for this asks again.
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
