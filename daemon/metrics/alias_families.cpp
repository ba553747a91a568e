#include <array>
#include <map>
#include <utility>

#include "daemon/detect/advance.h"
#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

using Endpoints = std::span<const EndpointSeries>;

// One series per alias for which `value` yields a number (an optional<double>).
template <typename Value>
void add_per_alias(Endpoints endpoints, Family family, Value value) {
  for (const auto& endpoint : endpoints) {
    for (const auto& alias : endpoint.aliases) {
      if (const std::optional<double> number = value(*alias.view))
        family.add(alias.labels, *number);
    }
  }
  family.flush();
}

// Only where the target is known: a target that is hidden or gone is not shown, and
// modelvane_aliases counts those states.
void add_info(Endpoints endpoints, Exposition& out) {
  Family family{out, "modelvane_alias_info", FamilyType::Gauge,
                "Always 1; the label target is the model that the alias points to, rule tells how "
                "that was learnt."};
  for (const auto& endpoint : endpoints) {
    for (const auto& [view, labels] : endpoint.aliases) {
      if (view->status != AliasStatus::Resolved || view->target.empty()) continue;
      family.add(labels,
                 {{"target", label_text(view->target)}, {"rule", std::string{label(view->rule)}}},
                 1);
    }
  }
  family.flush();
}

void add_states(Endpoints endpoints, Exposition& out) {
  Family family{out, "modelvane_aliases", FamilyType::Gauge,
                "Known aliases by state of their target."};
  for (const auto& endpoint : endpoints) {
    if (!endpoint.known->has_baseline) continue;
    std::array<double, kAliasStatuses.size()> counts{};
    for (const auto& alias : endpoint.known->aliases)
      ++counts[static_cast<std::size_t>(alias.status)];
    for (const auto state : kAliasStatuses.values()) {
      family.add(endpoint.labels, {{"state", std::string{label(state)}}},
                 counts[static_cast<std::size_t>(state)]);
    }
  }
  family.flush();
}

void add_served_shares(Endpoints endpoints, Exposition& out) {
  Family family{
      out, "modelvane_alias_served_share", FamilyType::Gauge,
      "Share of the alias's answered requests by the model that answered, as the traffic's "
      "source counted last; absent while it counts too few."};
  for (const auto& endpoint : endpoints) {
    if (!endpoint.view->served) continue;
    for (const auto& alias : *endpoint.view->served) {
      for (const auto& [target, share] : alias.shares) {
        family.add(endpoint.labels,
                   {{"alias", label_text(alias.alias)}, {"target", label_text(target)}}, share);
      }
    }
  }
  family.flush();
}

void add_first_tokens(Endpoints endpoints, Exposition& out) {
  Family family{
      out, "modelvane_echo_first_token_seconds", FamilyType::Histogram,
      "Time from a streamed echo's question to the first event that names the model, since "
      "the start."};
  for (const auto& endpoint : endpoints) {
    if (!endpoint.view->first_tokens) continue;
    for (const auto& [alias, histogram] : *endpoint.view->first_tokens) {
      auto labels = endpoint.labels;
      labels.emplace_back("alias", label_text(alias));
      family.add(labels, histogram);
    }
  }
  family.flush();
}

// Of a group one endpoint judges for all: what any of them says counts. What disagrees with its
// own traffic is a group of its own.
void add_disagreements(Exposition& out, Endpoints endpoints) {
  std::map<std::pair<std::string, std::string>, bool> groups;
  for (const auto& endpoint : endpoints) {
    for (const auto& alias : endpoint.known->aliases) {
      if (!alias.disagrees) continue;
      const auto& group =
          endpoint.view->compare.empty() ? endpoint.view->name : endpoint.view->compare;
      groups[{group, alias.alias}] |= *alias.disagrees;
    }
  }
  Family family{out, "modelvane_alias_disagrees", FamilyType::Gauge,
                "1 while the endpoints of a compare group, or a list and its traffic, say "
                "different things of the alias."};
  for (const auto& [key, disagrees] : groups) {
    family.add({{"group", label_text(key.first)}, {"alias", label_text(key.second)}},
               disagrees ? 1 : 0);
  }
  family.flush();
}

}  // namespace

void add_alias_families(std::span<const EndpointSeries> endpoints, Exposition& out) {
  add_info(endpoints, out);
  add_states(endpoints, out);
  add_per_alias(endpoints,
                {out, "modelvane_alias_changes_total", FamilyType::Counter,
                 "Confirmed moves of the alias; the count survives restarts."},
                [](const AliasView& alias) -> std::optional<double> {
                  return static_cast<double>(alias.changes);
                });
  add_per_alias(
      endpoints,
      {out, "modelvane_alias_last_change_timestamp_seconds", FamilyType::Gauge,
       "When the alias's last move was confirmed, in Unix time; absent while it has never moved."},
      [](const AliasView& alias) -> std::optional<double> {
        return alias.last_change ? std::optional{to_seconds(*alias.last_change)} : std::nullopt;
      });
  add_per_alias(
      endpoints,
      {out, "modelvane_alias_pending", FamilyType::Gauge,
       "1 while a difference of the alias waits for confirmation."},
      [](const AliasView& alias) -> std::optional<double> { return alias.pending ? 1 : 0; });
  add_per_alias(
      endpoints,
      {out, "modelvane_alias_unstable", FamilyType::Gauge,
       "1 while the alias's targets alternate between polls."},
      [](const AliasView& alias) -> std::optional<double> { return alias.unstable ? 1 : 0; });
  add_per_alias(endpoints,
                {out, "modelvane_alias_pinned_ok", FamilyType::Gauge,
                 "1 when the alias's target is one that was approved, 0 when it is not; absent "
                 "without a pin."},
                [](const AliasView& alias) -> std::optional<double> {
                  return alias.pin ? std::optional{alias.pin->ok ? 1.0 : 0.0} : std::nullopt;
                });
  add_disagreements(out, endpoints);
  add_served_shares(endpoints, out);
  add_first_tokens(endpoints, out);
}

}  // namespace modelvane
