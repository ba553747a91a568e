// How long an endpoint was up, down, or nobody knows: time, not polls. From one poll's end to the
// next the earlier poll's result counts, for at most three planned distances; the rest is unknown.
// A failure is down from the first of a streak that was confirmed, else up: the seconds of a streak
// are counted when it is decided. Pure.
#pragma once

#include <optional>
#include <vector>

#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

enum class TimeState { Up, Down, Unknown };
inline constexpr auto kTimeStates = labelled<TimeState>({
    {TimeState::Up, "up"},
    {TimeState::Down, "down"},
    {TimeState::Unknown, "unknown"},
});

// From `from` until `to` the endpoint was in that state.
struct TimeSpan {
  TimeState state = TimeState::Unknown;
  Time from{};
  Time to{};
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

// Counts the time of one endpoint. Every moment since the first poll is given out once.
class TimeKeeper {
 public:
  enum class Result {
    Good,  // or quarantined
    Failed,
    Refused,   // too many requests
    Isolated,  // our own network is gone, as far as anybody can know
    NotMade,   // this machine could not make the poll
  };
  struct Poll {
    Time at{};
    Duration steady{0};
    Result result = Result::Good;
    bool is_down = false;  // the outage is confirmed, with this poll or before
    Duration planned{0};   // until the next poll
  };

  // An earlier process has counted until then. What lies in between is unknown.
  void restore(Time until);
  // A poll has ended: what is certain now.
  std::vector<TimeSpan> note(const Poll& poll);
  // What is certain at this moment, as before a stop.
  std::vector<TimeSpan> count_until(Time now, Duration steady);
  // Everything before was given out; none = nothing was counted yet.
  std::optional<Time> settled_until() const;

 private:
  enum class Counts { Unknown, Up, Down, Held };
  struct Moment {
    Time wall{};
    std::optional<Duration> steady;  // none: of an earlier process
  };

  void go_on(Time now, Duration steady, std::vector<TimeSpan>& certain);
  void add(Counts counts, Time from, Time to, std::vector<TimeSpan>& certain);
  void decide(TimeState state, std::vector<TimeSpan>& certain);

  std::optional<Moment> until_;
  struct Held {
    TimeSpan span;
    bool is_open = false;  // a failure's; else the state is known, and waits for its turn
  };
  std::vector<Held> held_;           // from the first failure of a streak that is not decided yet
  Counts counts_ = Counts::Unknown;  // the last poll's result
  Duration left_{0};                 // so much longer it counts
  bool only_refused_ = true;         // the streak holds nothing but refusals
};

}  // namespace modelvane
