#include "daemon/detect/peers.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelvane {
namespace {

std::vector<PeerView> views_of(const std::string& id, const AliasState& alias,
                               const Watched& watched, const std::vector<Peer>& peers) {
  std::vector<PeerView> views{{watched.endpoint, alias.rule, alias.target()}};
  for (const auto& [endpoint, state] : peers) {
    const auto found = state.aliases.find(id);
    if (found == state.aliases.end() || found->second.status() != AliasStatus::Resolved ||
        found->second.rule != alias.rule)
      continue;
    views.push_back({endpoint, alias.rule, found->second.target()});
  }
  return views;
}

bool disagree(const std::vector<PeerView>& views) {
  return std::ranges::any_of(
      views, [&](const PeerView& view) { return view.target != views.front().target; });
}

std::string summary_of(const std::string& id, const std::string& group, bool disagrees,
                       const std::vector<PeerView>& views) {
  if (!disagrees)
    return fmt::format("the endpoints of {} agree on {} again: {}", group, id,
                       views.front().target);
  std::string all;
  for (const auto& view : views)
    all += fmt::format("{}{} says {}", all.empty() ? "" : ", ", view.endpoint, view.target);
  return fmt::format("the endpoints of {} disagree on {}: {}", group, id, all);
}

void judge(Turn& turn, const std::string& id, AliasState& alias, const std::vector<Peer>& peers) {
  auto views = views_of(id, alias, turn.watched, peers);
  const bool is_resolved = alias.status() == AliasStatus::Resolved;
  const auto fact = turn.observe(alias.disagrees, is_resolved && disagree(views),
                                 disagrees_confirm(alias, turn.policy()), turn.state.last_good);
  // Of two differences that are told as one alert, the end of the last one is told.
  if (!fact || (!fact->now && alias.disagrees_served.known)) return;
  Event& event =
      turn.emit_alias(fact->now ? EventType::AliasDisagrees : EventType::AliasAgrees, id);
  event.to = alias.target();
  event.rule = alias.rule;
  event.between = "compare";
  event.group = turn.watched.compare;
  event.confirmed_by_polls = fact->polls;
  event.summary = summary_of(id, turn.watched.compare, fact->now, views);
  event.views = std::move(views);
}

}  // namespace

Compared judge_peers(EndpointState& state, const Watched& watched, const std::vector<Peer>& peers,
                     Time now) {
  Turn turn{.state = state, .watched = watched, .now = now, .request_id = "", .events = {}};
  for (auto& [id, alias] : state.aliases) judge(turn, id, alias, peers);
  return {std::move(turn.events), turn.has_changed};
}

}  // namespace modelvane
