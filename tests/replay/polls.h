// A trace as the daemon would have polled it, through advance() and through the plain reading.
#pragma once

#include <map>
#include <string>

#include "daemon/catalog/reading.h"
#include "tests/replay/plain_list.h"
#include "tests/replay/trace.h"

namespace modelvane {

// Event type -> number, without zeros.
using EventCounts = std::map<std::string, int>;

struct Replayed {
  EventCounts events;
  int removed_at_once = 0;   // the most model.removed of one poll
  int taken_back = 0;        // model.removed whose model was added again within two days
  Duration longest_wait{0};  // from the first poll without a model until model.removed
};

// One poll at each line's time, and then one every ten minutes until the next line. The last line
// holds for two days.
Replayed replay(const Trace& trace, const Reading& how);
EventCounts plainly(const Trace& trace, const PlainProvider& provider);
// For messages of failed tests.
std::string text(const EventCounts& counts);

}  // namespace modelvane
