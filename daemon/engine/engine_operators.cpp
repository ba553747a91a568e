// What operators ask of the running daemon (operator_effects.h).
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/engine/operator_effects.h"
#include "daemon/log/log.h"

namespace modelvane {

void Engine::carry_out(const OperatorTask& task) {
  std::vector<std::string> endpoints;
  for (const auto& watch : watches_) endpoints.push_back(watch->endpoint.name());
  const OperatorView view{.instance = instance_,
                          .webhooks = webhooks_,
                          .endpoints = std::move(endpoints),
                          .state_of = [this](const auto& name) { return state_of(name); },
                          .approved = approved_};
  auto effects = decide(task, view, clock_.wall());
  log::info("operator's request", {{"request", std::to_string(task.request.id)},
                                   {"action", std::string{name(task.request.action)}},
                                   {"ok", effects.result.ok ? "true" : "false"},
                                   {"result", effects.result.sentence}});
  for (const auto& name : effects.polled) poll_soon(*by_name_.at(name));
  for (const auto& name : effects.switched_on) outbox_.switch_on(name, now());
  for (auto& again : effects.again) {
    if (outbox_.hurry({again.delivery.sequence, again.delivery.webhook}, now())) continue;
    uncommitted_.note_again(std::move(again));
  }
  for (const auto& key : effects.dropped) {
    outbox_.drop(key);
    uncommitted_.note(outbox_.take_changes());
    uncommitted_.note_dropped(key);
  }
  for (const auto& key : effects.revived) outbox_.forget_dead(key.webhook, 1);
  if (effects.acted) uncommitted_.note(std::move(*effects.acted));
  if (effects.drill) plan_end_of_drill(*effects.drill, effects.drill_webhooks);
  if (effects.drill)
    uncommitted_.note_for(std::move(*effects.drill), std::move(effects.drill_webhooks));
  if (effects.pin) approve(std::move(*effects.pin));
  uncommitted_.note(OperatorAnswer{
      .request = task.request.id, .at = clock_.wall(), .result = std::move(effects.result)});
}

void Engine::approve(PinApproval approval) {
  auto& approved = approved_[approval.endpoint];
  approved[approval.alias] = approval.targets;
  if (approval.targets.empty()) approved.erase(approval.alias);
  by_name_.at(approval.endpoint)->endpoint.approve(approved);
  // With its state in the same batch the endpoint is shown anew as soon as the approval is durable.
  uncommitted_.note_state(approval.endpoint);
  uncommitted_.note(std::move(approval));
}

}  // namespace modelvane
