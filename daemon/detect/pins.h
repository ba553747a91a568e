// The machine for alias.pin_broken and alias.pin_restored: the confirmed target of each pinned
// alias against the targets that the user has approved. A pin that does not hold is said once, also
// when nothing was known before: the user has asserted that it does. A hidden or missing target is
// judged as the last one known; an alias whose target was never disclosed is not judged. When the
// user takes away a pin that does not hold, alias.unwatched ends what was said of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/detect/turn.h"

namespace modelvane {

void judge_pins(Turn& turn);

// For changes of the pins themselves (a reload, an approval), between polls.
std::vector<Event> judge_pins(EndpointState& state, const Watched& watched, Time now);

// The approved set of `alias` against `target` (of several targets all must be approved); nullopt
// where the user pinned nothing.
std::optional<PinState> pin_state(const Watched& watched, const std::string& alias,
                                  const std::string& target);

// Of several targets each must be approved, or their whole text.
bool are_approved(const std::vector<std::string>& approved, const std::string& targets);

}  // namespace modelvane
