// When a difference becomes an event: the numbers that a user may set, with their defaults.
#pragma once

#include <algorithm>
#include <cstddef>

#include "daemon/text/time.h"

namespace modelvane {

// So many consecutive agreeing polls, and (when set) at least so long since the first of them.
struct Confirm {
  int polls = 1;
  Duration for_at_least{0};
  friend bool operator==(const Confirm&, const Confirm&) = default;
};

struct ShrinkGuard {
  double ratio = 0.25;  // this share of the ids, leaving together, is doubted; 0 = never
  // Fewer ids than these are believed by confirmation alone: a short list says little by its share.
  std::size_t least = 3;
  Duration hold = std::chrono::hours{6};  // what has stayed so for so long is believed
  friend bool operator==(const ShrinkGuard&, const ShrinkGuard&) = default;
};

// How long a provider's machines may show old and new side by side.
inline constexpr Duration kRolloutTakes = std::chrono::minutes{30};

struct Policy {
  Confirm moved{.polls = 2};  // also appeared, undisclosed, disclosed, hints and retirements
  Confirm vanished{.polls = 3, .for_at_least = std::chrono::minutes{10}};
  Confirm added{.polls = 2};
  Confirm removed{.polls = 3, .for_at_least = std::chrono::hours{6}};
  Confirm down{.polls = 3};
  Confirm up{.polls = 2};
  ShrinkGuard shrink_guard;
  // Endpoints that are compared say different things for longer than a rollout takes.
  Confirm disagrees() const {
    return {.polls = moved.polls, .for_at_least = std::max(moved.for_at_least, kRolloutTakes)};
  }
  friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace modelvane
