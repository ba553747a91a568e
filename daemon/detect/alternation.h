// Targets that alternate between polls (a rollout, replicas that disagree): A B A B is one
// undecided alias, not three moves. The last targets of an alias are kept only while they differ,
// so the common, steady alias costs nothing.
#pragma once

#include <string>
#include <vector>

#include "daemon/detect/state.h"

namespace modelvane {

// Good polls looked back on for alternation, and how many changes of target among them make an
// alias unstable: A B A B.
inline constexpr std::size_t kFlapWindow = 8;
inline constexpr int kFlapsToUnstable = 3;
// An unstable alias has settled when it held one target for so many good polls (or policy's
// moved.polls, if that is more).
inline constexpr int kSettlePolls = 4;

// True when the remembered targets have changed.
bool remember_target(AliasState& alias, const Sighting& seen);
// Many changes among few targets. A -> B -> C -> D is a fast provider, not an undecided one.
bool alternates(const AliasState& alias);
bool has_settled(const AliasState& alias, const Sighting& seen, int moved_polls);
std::vector<std::string> distinct_targets(const AliasState& alias);

}  // namespace modelvane
