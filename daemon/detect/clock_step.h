// The wall clock is a single signal, too: it is set by hand, by NTP at the first network, by a
// virtual machine that wakes up. What waits (confirmations, doubts, outages) must neither end at
// once nor wait for years because of that.
#pragma once

#include "daemon/detect/state.h"

namespace modelvane {

// The clock was set forward by `step` (back, where it is negative): all times of what is known and
// waited for are told in the new clock's time from now on, so that waiting goes on as before.
void move_times(EndpointState& state, Duration step);

// A stored time that lies in the future counts as now.
void clamp_times(EndpointState& state, Time now);

}  // namespace modelvane
