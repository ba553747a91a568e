#include "daemon/engine/operator_effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/events/sample_event.h"

namespace modelvane {
namespace {

OperatorEffects refuse(std::string sentence) {
  OperatorEffects effects;
  effects.result = {.ok = false, .sentence = std::move(sentence), .event_id = ""};
  return effects;
}

bool is_configured(const OperatorView& view, const std::string& webhook) {
  return std::ranges::any_of(view.webhooks,
                             [&](const auto& config) { return config.name == webhook; });
}

OperatorEffects retry(const OperatorTask& task, const OperatorView& view, Time now) {
  OperatorEffects effects;
  std::set<std::string> webhooks;
  for (const auto& [row, event] : task.found) {
    if (!is_configured(view, row.webhook)) continue;
    if (row.state == DeliveryState::Dead) effects.revived.push_back({row.sequence, row.webhook});
    // max_age counts anew: it is the operator who wants it now.
    Delivery fresh{.sequence = row.sequence,
                   .webhook = row.webhook,
                   .created = now,
                   .next_attempt = now,
                   .last_error = ""};
    effects.again.push_back({std::move(fresh), event});
    webhooks.insert(row.webhook);
  }
  for (const auto& webhook : task.request.webhooks) {
    if (!is_configured(view, webhook))
      return refuse(fmt::format("the daemon has no webhook {}", webhook));
    webhooks.insert(webhook);
  }
  if (webhooks.empty())
    return refuse("none of these deliveries is stored for a webhook of the present config");
  effects.switched_on.assign(webhooks.begin(), webhooks.end());
  effects.result.sentence = fmt::format("{} due now", effects.again.size());
  return effects;
}

OperatorEffects drop(const OperatorTask& task) {
  OperatorEffects effects;
  for (const auto& [row, event] : task.found) {
    if (row.state == DeliveryState::Delivered) continue;
    if (row.state == DeliveryState::Dead) effects.revived.push_back({row.sequence, row.webhook});
    effects.dropped.push_back({row.sequence, row.webhook});
  }
  if (effects.dropped.empty()) return refuse("none of these deliveries is pending or dead");
  effects.result.sentence = fmt::format("{} dropped", effects.dropped.size());
  return effects;
}

OperatorEffects drill(const OperatorRequest& request, const OperatorView& view, Time now) {
  OperatorEffects effects;
  for (const auto& webhook : request.webhooks) {
    if (!is_configured(view, webhook))
      return refuse(fmt::format("the daemon has no webhook {}", webhook));
  }
  effects.drill_webhooks = request.webhooks;
  if (request.webhooks.empty()) {
    for (const auto& webhook : view.webhooks) effects.drill_webhooks.push_back(webhook.name);
  }
  if (effects.drill_webhooks.empty()) return refuse("the daemon's config has no webhooks");
  effects.drill = sample_event(request.type, view.instance, now, request.id);
  effects.result.event_id = effects.drill->id;
  effects.result.sentence = fmt::format("sent to {}", fmt::join(effects.drill_webhooks, ", "));
  return effects;
}

// The target that stands there now; it joins what was approved before.
std::expected<std::vector<std::string>, std::string> accepted(const OperatorRequest& request,
                                                              const OperatorView& view,
                                                              const EndpointState& state) {
  const auto alias = state.aliases.find(request.alias);
  if (alias == state.aliases.end()) {
    return std::unexpected(fmt::format("{} has no alias {}", request.endpoint, request.alias));
  }
  if (alias->second.status() != AliasStatus::Resolved) {
    return std::unexpected(fmt::format(
        "{} does not say at present what {} points to; name the targets by `modelvane pin set`",
        request.endpoint, request.alias));
  }
  std::vector<std::string> targets;
  if (const auto known = view.approved.find(request.endpoint); known != view.approved.end()) {
    if (const auto before = known->second.find(request.alias); before != known->second.end())
      targets = before->second;
  }
  if (std::ranges::find(targets, alias->second.target()) == targets.end())
    targets.push_back(alias->second.target());
  return targets;
}

OperatorEffects pin(const OperatorRequest& request, const OperatorView& view, Time now) {
  const auto* state = view.state_of(request.endpoint);
  if (state == nullptr)
    return refuse(fmt::format("the daemon watches no endpoint {}", request.endpoint));
  OperatorEffects effects;
  effects.pin = PinApproval{
      .endpoint = request.endpoint, .alias = request.alias, .targets = {}, .approved = now};
  if (request.action == OperatorAction::SetPin) effects.pin->targets = request.targets;
  if (request.action == OperatorAction::AcceptPin) {
    auto targets = accepted(request, view, *state);
    if (!targets) return refuse(targets.error());
    effects.pin->targets = std::move(*targets);
  }
  effects.result.sentence = effects.pin->targets.empty()
                                ? fmt::format("no approvals are stored for {}/{} any more",
                                              request.endpoint, request.alias)
                                : fmt::format("approved for {}/{}: {}", request.endpoint,
                                              request.alias, fmt::join(effects.pin->targets, ", "));
  return effects;
}

OperatorEffects poll(const OperatorRequest& request, const OperatorView& view) {
  OperatorEffects effects;
  for (const auto& name : view.endpoints) {
    if (request.endpoint.empty() || request.endpoint == name) effects.polled.push_back(name);
  }
  if (effects.polled.empty())
    return refuse(fmt::format("the daemon watches no endpoint {}", request.endpoint));
  effects.result.sentence =
      fmt::format("polled now, or as soon as `recheck` has passed since the last poll: {}",
                  request.endpoint.empty() ? "every endpoint" : request.endpoint);
  return effects;
}

std::string subject_of(const OperatorRequest& request) {
  if (!request.endpoint.empty()) return modelvane::subject_of(request.endpoint, request.alias);
  if (request.deliveries.empty()) return fmt::format("{}", fmt::join(request.webhooks, ", "));
  const auto& [sequence, webhook] = request.deliveries.front();
  return fmt::format("{}/{}", sequence, webhook);
}

Event acted(const OperatorRequest& request, const OperatorView& view, Time now) {
  Event event{.id = event_id(now, view.instance, fmt::format("operator/{}", name(request.action)),
                             request.id),
              .type = EventType::OperatorActed,
              .time = now,
              .endpoint = request.endpoint};
  event.act = OperatorAct{.who = request.operator_name,
                          .action = std::string{name(request.action)},
                          .subject = subject_of(request)};
  event.summary = fmt::format("{}: {} {}", event.act->who, event.act->action, event.act->subject);
  return event;
}

OperatorEffects effects_of(const OperatorTask& task, const OperatorView& view, Time now) {
  switch (task.request.action) {
    case OperatorAction::RetryDelivery: return retry(task, view, now);
    case OperatorAction::DropDelivery: return drop(task);
    case OperatorAction::Drill: return drill(task.request, view, now);
    case OperatorAction::Poll: return poll(task.request, view);
    case OperatorAction::AcceptPin:
    case OperatorAction::SetPin:
    case OperatorAction::RemovePin: break;
  }
  return pin(task.request, view, now);
}

}  // namespace

OperatorEffects decide(const OperatorTask& task, const OperatorView& view, Time now) {
  auto effects = effects_of(task, view, now);
  if (effects.result.ok && !task.request.operator_name.empty())
    effects.acted = acted(task.request, view, now);
  return effects;
}

}  // namespace modelvane
