// The machine for endpoint.down and endpoint.up: polls in a row that speak against what is known
// are counted, and so many of them (and so much time) make the event. The first answer ever is
// taken silently.
#pragma once

#include "daemon/detect/observation.h"
#include "daemon/detect/turn.h"

namespace modelvane {

void judge_availability(Turn& turn, const Observation& seen);

// A time span for people, to the second.
std::string seconds_or_more(Duration span);

}  // namespace modelvane
