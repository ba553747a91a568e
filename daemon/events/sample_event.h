// An event of each type with made-up facts, for drills and for looking at what a webhook would be
// sent. Always marked as a drill, and about an endpoint of a name that says so: whoever takes it
// for real was told.
#pragma once

#include <string_view>

#include "daemon/events/event.h"

namespace modelvane {

inline constexpr std::string_view kDrillEndpoint = "drill";

// `number` makes ids of several drills at one moment differ.
Event sample_event(EventType type, std::string_view instance, Time now, std::uint64_t number);

}  // namespace modelvane
