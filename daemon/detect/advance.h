// The heart of modelvane: advance(state, observation, watched) -> next state and events. A pure
// function of its arguments; it knows no clock, thread, socket, file or library. Whoever reads this
// file and its machines understands the product.
//
// What it decides, each in a machine of its own that owns one part of the state:
//  - availability: a failed poll changes nothing that is known about models; it only counts towards
//  endpoint.down.
//  - shrink_guard: a list that loses a large share of its ids at once is answered, but not
//  believed.
//  - aliases: alias.moved and whatever else becomes of an alias; with alternation (one
//  alias.unstable instead of many moves).
//  - hints, models, retirements: values beside the target, ids that come and go,
//  models that will end.
//  - pins: what is known against what the user has approved.
// The first good poll ever sets the baseline silently. A difference waits until enough polls (and
// time) agree on it (confirming.h), then it is an event.
#pragma once

#include <optional>
#include <vector>

#include "daemon/detect/observation.h"
#include "daemon/detect/pins.h"
#include "daemon/detect/policy.h"
#include "daemon/detect/state.h"
#include "daemon/detect/watched.h"
#include "daemon/events/event.h"

namespace modelvane {

struct Advanced {
  EndpointState state;
  std::vector<Event> events;  // in order; `sequence` is still 0
  // False when the next state differs from the one before only in its marks (last_good, last_seen,
  // last_answer): those need not be durable before anything else.
  bool must_persist = false;
};

// More ids than these that come in one poll are told as one, catalog.grew.
inline constexpr std::size_t kArrivalsMax = 50;

// More aliases than these that change in one poll are told as one thing, too, catalog.flooded,
// which names the first of them.
inline constexpr std::size_t kFloodMin = 100;
inline constexpr std::size_t kFloodNamedMax = 20;

// A list that is the same object as at the poll before, with nothing pending, costs no more than
// its marks.
Advanced advance(EndpointState state, const Observation& observation, const Watched& watched);

// A good poll at `at` showed everything as it is known in `state`: moves the marks of what is not
// in doubt.
void apply_good_mark(EndpointState& state, Time at);

// The endpoint is read from elsewhere or in another way: the next list says nothing about the one
// before. Aliases stay.
void forget_list(EndpointState& state);

// When to look again sooner than the regular interval: the first of `recheck` after `now` while
// more polls are needed to confirm something, and the end of a confirmation's or quarantine's
// waiting time. nullopt: nothing is waiting. In maintenance nobody waits for a down.
std::optional<Time> wants_poll_at(const EndpointState& state, const Policy& policy,
                                  Duration recheck, Time now, bool is_in_maintenance = false);

}  // namespace modelvane
