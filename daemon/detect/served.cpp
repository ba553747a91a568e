#include "daemon/detect/served.h"

#include <fmt/format.h>

#include <utility>

namespace modelvane {
namespace {

void judge(Turn& turn, AliasState& alias, const AliasRow& row) {
  const auto confirm = disagrees_served_confirm(alias, turn.policy());
  const auto fact = turn.observe(alias.disagrees_served, row.target != alias.target(), confirm,
                                 turn.state.last_good);
  // Of two differences that are told as one alert, the end of the last one is told.
  if (!fact || (!fact->now && alias.disagrees.known)) return;
  const auto& endpoint = turn.watched.endpoint;
  Event& event =
      turn.emit_alias(fact->now ? EventType::AliasDisagrees : EventType::AliasAgrees, row.id);
  event.to = alias.target();
  event.rule = alias.rule;
  event.between = "served";
  event.group = endpoint;
  event.confirmed_by_polls = fact->polls;
  event.evidence_after = row.evidence;
  event.views = {{endpoint, alias.rule, alias.target()}, {endpoint, row.rule, row.target}};
  event.summary = fact->now
                      ? fmt::format("{} says that {} is {}, but its requests are answered by {}",
                                    endpoint, row.id, alias.target(), row.target)
                      : fmt::format("{}'s list and the traffic agree on {} again: {}", endpoint,
                                    row.id, alias.target());
}

}  // namespace

void judge_served(Turn& turn, const Catalog& catalog) {
  for (const auto& row : catalog.traffic) {
    const auto found = turn.state.aliases.find(row.id);
    if (found == turn.state.aliases.end() || found->second.status() != AliasStatus::Resolved ||
        found->second.rule == Rule::Served)
      continue;
    judge(turn, found->second, row);
  }
}

}  // namespace modelvane
