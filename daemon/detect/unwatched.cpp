#include "daemon/detect/unwatched.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/detect/turn.h"

namespace modelvane {
namespace {

void leave_alias(Turn& turn, const std::string& id, AliasState& alias) {
  std::vector<EventType> ended;
  if (alias.pin_ok == false) ended.push_back(EventType::AliasPinBroken);
  if (alias.unstable) ended.push_back(EventType::AliasUnstable);
  if (alias.disagrees.known || alias.disagrees_served.known)
    ended.push_back(EventType::AliasDisagrees);
  alias.pin_ok.reset();
  alias.disagrees = {};
  alias.disagrees_served = {};
  alias.unstable = false;
  alias.recent.clear();
  if (ended.empty()) return;
  Event& event = turn.emit_alias(EventType::AliasUnwatched, id);
  event.ended = std::move(ended);
  if (!alias.target().empty()) event.to = alias.target();
  event.summary =
      fmt::format("{} is no longer watched, with its endpoint {}", id, turn.watched.endpoint);
}

void leave_endpoint(Turn& turn) {
  EndpointState& state = turn.state;
  Event& event = turn.emit(EventType::EndpointUnwatched);
  if (state.availability.known == Availability::Down)
    event.ended.push_back(EventType::EndpointDown);
  if (state.quarantine) event.ended.push_back(EventType::CatalogQuarantined);
  event.summary =
      fmt::format("{} left the configuration and is no longer watched", turn.watched.endpoint);
  state.availability = {};
  state.down_since.reset();
  state.down_reason.reset();
  state.down_sentence.clear();
  state.quarantine.reset();
  if (!state.endings) return;
  for (auto& [model, ending] : *state.endings) ending.near_days = 0;
}

}  // namespace

std::vector<Event> leave(EndpointState& state, const Watched& watched, Time now) {
  const bool is_known = state.has_baseline || state.availability.known != Availability::Unknown;
  if (std::exchange(state.is_unwatched, true) || !is_known) return {};
  state.steady = {};
  Turn turn{.state = state, .watched = watched, .now = now, .request_id = "", .events = {}};
  for (auto& [id, alias] : state.aliases) leave_alias(turn, id, alias);
  leave_endpoint(turn);
  return std::move(turn.events);
}

}  // namespace modelvane
