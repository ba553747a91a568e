#include "daemon/detect/alternation.h"

#include <algorithm>

namespace modelvane {
namespace {

int flaps(const AliasState& alias) {
  int count = 0;
  for (std::size_t i = 1; i < alias.recent.size(); ++i)
    count += alias.recent[i] != alias.recent[i - 1];
  return count;
}

}  // namespace

bool remember_target(AliasState& alias, const Sighting& seen) {
  if (seen.status != AliasStatus::Resolved) return false;
  if (alias.recent.empty() && (alias.target().empty() || seen.target == alias.target()))
    return false;
  const auto before = alias.recent;
  if (alias.recent.empty()) alias.recent.push_back(alias.target());
  alias.recent.push_back(seen.target);
  if (alias.recent.size() > kFlapWindow) alias.recent.erase(alias.recent.begin());
  const bool all_agree = std::all_of(alias.recent.begin(), alias.recent.end(),
                                     [&](const auto& t) { return t == seen.target; });
  if (all_agree && !alias.unstable) alias.recent.clear();
  return alias.recent != before;
}

bool alternates(const AliasState& alias) {
  const int count = flaps(alias);
  return count >= kFlapsToUnstable && static_cast<int>(distinct_targets(alias).size()) < count;
}

bool has_settled(const AliasState& alias, const Sighting& seen, int moved_polls) {
  const auto needed = static_cast<std::size_t>(
      std::clamp(moved_polls, kSettlePolls, static_cast<int>(kFlapWindow)));
  if (seen.status != AliasStatus::Resolved || alias.recent.size() < needed) return false;
  return std::all_of(alias.recent.end() - static_cast<std::ptrdiff_t>(needed), alias.recent.end(),
                     [&](const auto& target) { return target == seen.target; });
}

std::vector<std::string> distinct_targets(const AliasState& alias) {
  auto targets = alias.recent;
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace modelvane
