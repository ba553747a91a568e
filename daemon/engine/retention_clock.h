// What time it is for retention, the only clock that deletes. The wall clock alone may be years
// ahead after a start (a dead battery, a restored machine), and what is deleted by it is gone for
// good. So the store has a time of its own: it goes on with the steady clock, catches up with a
// wall clock that is ahead of it by a day an hour (which an honest absence soon makes up for), and
// never runs ahead of the wall. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "daemon/text/time.h"

namespace modelvane {

inline constexpr Duration::rep kRetentionCatchUp = 24;

class RetentionClock {
 public:
  // `reached` is what the store knew of its own time.
  void open(std::optional<Time> reached, Time wall, Duration steady) {
    base_ = reached.value_or(wall);
    opened_ = steady;
  }
  Time at(Time wall, Duration steady) const {
    return std::min(wall, base_ + (steady - opened_) * kRetentionCatchUp);
  }
  // To be stored. A wall clock that is behind for a while takes nothing back.
  Time reached(Time wall, Duration steady) const { return std::max(base_, at(wall, steady)); }

 private:
  Time base_{};
  Duration opened_{0};
};

}  // namespace modelvane
