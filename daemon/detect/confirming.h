// "Confirmed" as a type. Whatever a provider says is a single signal: a row may be missing from one
// answer, a replica may be old. So a difference from what is known waits, and becomes a fact when
// enough polls in a row have agreed on it (and enough time has passed, where the policy wants
// that). A poll that shows what is known again ends the waiting: it was nothing. A poll that shows
// a third thing begins it anew.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/detect/policy.h"
#include "daemon/text/time.h"

namespace modelvane {

// Time from `from` to `now`, never negative: a time that lies in the future counts as now.
inline Duration elapsed(Time from, Time now) {
  return std::max(now - from, Duration{0});
}

// How far a difference has come.
struct Waiting {
  std::optional<Time> last_seen;  // last good poll that still showed what is known
  Time first_seen{};              // first poll that showed the difference
  int polls = 0;                  // polls in a row that agree on it, at least 1
  bool is_enough(const Confirm& confirm, Time now) const {
    return polls >= confirm.polls && elapsed(first_seen, now) >= confirm.for_at_least;
  }
  friend bool operator==(const Waiting&, const Waiting&) = default;
};

template <typename Value>
struct Pending : Waiting {
  Value seen{};
  friend bool operator==(const Pending&, const Pending&) = default;
};

// A difference that has become a fact.
template <typename Value>
struct Fact : Waiting {
  Value before{};
  Value now{};
};

template <typename Value>
struct Confirming {
  Value known{};
  std::optional<Pending<Value>> pending;

  // A poll at `now` showed `seen`; `last_seen` is when the known value was last seen. The result is
  // what has just become a fact, and `known` is its value then. None: nothing to tell.
  std::optional<Fact<Value>> observe(const Value& seen, const Confirm& confirm, Time now,
                                     const std::optional<Time>& last_seen) {
    if (seen == known) {
      pending.reset();
      return std::nullopt;
    }
    if (!pending || pending->seen != seen)
      pending = Pending<Value>{{.last_seen = last_seen, .first_seen = now}, seen};
    ++pending->polls;
    if (!pending->is_enough(confirm, now)) return std::nullopt;
    const Waiting waited = *std::exchange(pending, std::nullopt);
    return Fact<Value>{waited, std::exchange(known, seen), seen};
  }
  friend bool operator==(const Confirming&, const Confirming&) = default;
};

}  // namespace modelvane
