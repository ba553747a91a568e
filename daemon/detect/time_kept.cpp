#include "daemon/detect/time_kept.h"

#include <algorithm>
#include <utility>

namespace modelvane {
namespace {

// Beyond so many planned distances nobody knows: the daemon hung, or the machine slept.
constexpr int kDistancesMax = 3;
// A clock that went so much further than time did was set. Whoever slews one moves it by less
// between two polls.
constexpr Duration kClockStepMin = std::chrono::seconds{5};
// An undecided streak is some polls long. One that polls which could not be made cut into more
// pieces counts as one piece from there on.
constexpr std::size_t kHeldMax = 64;

}  // namespace

void TimeKeeper::restore(Time until) {
  *this = {};
  until_ = Moment{.wall = until, .steady = std::nullopt};
}

std::optional<Time> TimeKeeper::settled_until() const {
  if (!held_.empty()) return held_.front().span.from;
  return until_ ? std::optional{until_->wall} : std::nullopt;
}

void TimeKeeper::add(Counts counts, Time from, Time to, std::vector<TimeSpan>& certain) {
  if (from >= to) return;
  const auto state = counts == Counts::Up     ? TimeState::Up
                     : counts == Counts::Down ? TimeState::Down
                                              : TimeState::Unknown;
  const bool is_open = counts == Counts::Held;
  if (held_.empty() && !is_open) {
    certain.push_back({state, from, to});
  } else if (!held_.empty() && (held_.back().is_open == is_open || held_.size() == kHeldMax)) {
    held_.back().span.to = to;
  } else {
    held_.push_back({{state, from, to}, is_open});
  }
}

void TimeKeeper::decide(TimeState state, std::vector<TimeSpan>& certain) {
  for (const auto& held : std::exchange(held_, {}))
    certain.push_back({held.is_open ? state : held.span.state, held.span.from, held.span.to});
}

void TimeKeeper::go_on(Time now, Duration steady, std::vector<TimeSpan>& certain) {
  const auto before = std::exchange(until_, Moment{.wall = now, .steady = steady});
  if (!before) return;
  Time from = before->wall;
  if (before->steady) {
    // A clock that was set makes no time, and takes none away.
    const Duration passed = steady - *before->steady;
    if (std::chrono::abs((now - from) - passed) >= kClockStepMin) from = now - passed;
  }
  const Duration known = std::clamp(now - from, Duration{0}, left_);
  left_ -= known;
  add(counts_, from, from + known, certain);
  add(Counts::Unknown, from + known, now, certain);
}

std::vector<TimeSpan> TimeKeeper::count_until(Time now, Duration steady) {
  std::vector<TimeSpan> certain;
  go_on(now, steady, certain);
  return certain;
}

std::vector<TimeSpan> TimeKeeper::note(const Poll& poll) {
  auto certain = count_until(poll.at, poll.steady);
  left_ = poll.planned * kDistancesMax;
  switch (poll.result) {
    case Result::Good:
      only_refused_ = true;
      counts_ = Counts::Up;
      decide(TimeState::Up, certain);
      return certain;
    case Result::Isolated:
      counts_ = Counts::Unknown;
      decide(TimeState::Unknown, certain);
      return certain;
    case Result::NotMade: counts_ = Counts::Unknown; return certain;
    case Result::Refused: break;
    case Result::Failed: only_refused_ = false; break;
  }
  counts_ = only_refused_ ? Counts::Up : poll.is_down ? Counts::Down : Counts::Held;
  if (counts_ == Counts::Down) decide(TimeState::Down, certain);
  return certain;
}

}  // namespace modelvane
