// What an operator's request means: request and present state in, effects and an answer out. A pure
// function; the engine carries the effects out, and they become durable together with the answer.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/store/store.h"

namespace modelvane {

struct OperatorEffects {
  OperatorResult result;
  std::vector<PendingDelivery> again;  // rows as they begin anew
  std::vector<DeliveryKey> dropped;
  std::vector<DeliveryKey> revived;      // those of `again` and `dropped` that were dead letters
  std::vector<std::string> switched_on;  // webhooks
  std::vector<std::string> polled;       // endpoints, to be polled at once
  std::optional<PinApproval> pin;
  std::optional<Event> drill;
  std::vector<std::string> drill_webhooks;
  std::optional<Event> acted;  // operator.acted, when it was somebody of the API and it was done
};

struct OperatorView {
  const std::string& instance;
  const std::vector<WebhookConfig>& webhooks;
  std::vector<std::string> endpoints;                                // configured, by name
  std::function<const EndpointState*(const std::string&)> state_of;  // null: not configured
  const std::map<std::string, ApprovedTargets>& approved;            // by endpoint
};

OperatorEffects decide(const OperatorTask& task, const OperatorView& view, Time now);

}  // namespace modelvane
