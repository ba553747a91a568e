// When endpoints are polled: starts are spread over the interval by a stable hash of the name, so
// that load is even, restarts do not bunch up, and a burst of starts does not falsify the measured
// first-byte times.
#pragma once

#include <string_view>

#include "daemon/text/time.h"

namespace modelvane {

// The next moment strictly after `now` that lies on the endpoint's own grid: t = hash(name) mod
// interval, then every interval.
Time next_slot(std::string_view name, Duration interval, Time now);

// The first poll after a start: within `spread` of now, in the order of the hash.
Time first_slot(std::string_view name, Duration spread, Time now);

}  // namespace modelvane
