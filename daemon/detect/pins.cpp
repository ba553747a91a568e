#include "daemon/detect/pins.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/catalog/targets.h"

namespace modelvane {
namespace {

bool is_approved(const std::vector<std::string>& approved, std::string_view target) {
  return std::find(approved.begin(), approved.end(), target) != approved.end();
}

void announce(Turn& turn, const std::string& id, const AliasState& alias, const PinState& pin) {
  Event& event =
      turn.emit_alias(pin.ok ? EventType::AliasPinRestored : EventType::AliasPinBroken, id);
  event.to = alias.target();
  event.rule = alias.rule;
  event.evidence_after = alias.evidence;
  event.pin = pin;
  const auto approved = fmt::format("{}", fmt::join(pin.approved, ", "));
  event.summary = pin.ok ? fmt::format("{} points to {}, which is approved", id, alias.target())
                         : fmt::format("{} points to {}, which is not approved (approved: {})", id,
                                       alias.target(), approved);
}

// The user pins it no longer: what was said of the pin is over.
void take_back(Turn& turn, const std::string& id, const AliasState& alias) {
  Event& event = turn.emit_alias(EventType::AliasUnwatched, id);
  event.to = alias.target();
  event.ended = {EventType::AliasPinBroken};
  event.summary = fmt::format("{} is no longer pinned", id);
}

void judge(Turn& turn, const std::string& id, AliasState& alias) {
  const auto pin =
      alias.target().empty() ? std::nullopt : pin_state(turn.watched, id, alias.target());
  const auto ok = pin ? std::optional{pin->ok} : std::nullopt;
  if (ok == alias.pin_ok) return;
  const bool was_broken = alias.pin_ok == false;
  alias.pin_ok = ok;
  turn.has_changed = true;
  if (pin && (!pin->ok || was_broken)) announce(turn, id, alias, *pin);
  if (!pin && was_broken) take_back(turn, id, alias);
}

}  // namespace

void judge_pins(Turn& turn) {
  for (auto& [id, alias] : turn.state.aliases) judge(turn, id, alias);
}

std::vector<Event> judge_pins(EndpointState& state, const Watched& watched, Time now) {
  Turn turn{.state = state, .watched = watched, .now = now, .request_id = "", .events = {}};
  judge_pins(turn);
  return std::move(turn.events);
}

bool are_approved(const std::vector<std::string>& approved, const std::string& targets) {
  return is_approved(approved, targets) ||
         std::ranges::all_of(targets_in(targets),
                             [&](auto target) { return is_approved(approved, target); });
}

std::optional<PinState> pin_state(const Watched& watched, const std::string& alias,
                                  const std::string& target) {
  const auto pinned = watched.pins.find(alias);
  if (pinned == watched.pins.end()) return std::nullopt;
  return PinState{pinned->second, are_approved(pinned->second, target)};
}

}  // namespace modelvane
