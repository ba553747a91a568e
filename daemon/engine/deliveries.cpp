#include "daemon/engine/deliveries.h"

#include <utility>
#include <vector>

#include "daemon/config/secret.h"
#include "daemon/engine/isolation.h"
#include "daemon/engine/poll_schedule.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// Its name has a domain: it is not told by a network of one machine or one house.
bool is_public(const WebhookConfig& webhook) {
  const auto host = name_of_host(host_of(reveal(webhook.url).value_or("")));
  const auto last = host.rfind('.');
  return last != host.npos && last + 1 < host.size() &&
         (host[last + 1] < '0' || host[last + 1] > '9') && !is_this_machine(host);
}

}  // namespace

void Deliveries::start(NotifyContext context) {
  for (const auto& due : outbox_.take_due(now())) {
    context.alert_ended = due.alert_ended;
    context.only_to = due.only_to;
    std::vector<const StoredEvent*> events;
    for (const auto& event : due.events) events.push_back(event.get());
    if (events.size() > 1) {
      events.resize(events_that_fit(*due.webhook, events, context, clock_.wall()));
      outbox_.keep_first(due.key, events.size());
    }
    Mask mask{*due.webhook};
    auto request = make_request(*due.webhook, events, context, clock_.wall());
    if (!request) {
      const Verdict verdict{.kind = VerdictClass::Config,
                            .sentence = std::move(request.error()),
                            .retry_after = std::nullopt};
      outbox_.verdict(due.key, verdict, std::nullopt, now());
      continue;
    }
    const auto ticket = tickets_.next();
    under_way_.emplace(ticket,
                       Attempt{.key = due.key,
                               .webhook = std::make_shared<const WebhookConfig>(*due.webhook),
                               .mask = std::move(mask),
                               .started = clock_.steady()});
    transport_.start(ticket, std::move(*request));
  }
}

std::optional<Deliveries::Ended> Deliveries::complete(const Completion& completion) {
  const auto ended = under_way_.extract(completion.ticket);
  if (!ended) return std::nullopt;
  const Attempt& attempt = ended.mapped();
  const auto& webhook = *attempt.webhook;
  const auto verdict = judge(webhook, completion.result, attempt.mask, clock_.wall());
  const bool is_accepted = verdict.kind == VerdictClass::Ok;
  if (is_accepted && !verdict.sentence.empty())
    log::warn("webhook took it in part", {{"webhook", webhook.name}, {"error", verdict.sentence}});
  outbox_.verdict(attempt.key, verdict, clock_.steady() - attempt.started, now());
  return Ended{.was_accepted_in_public = is_accepted && is_public(webhook)};
}

void Deliveries::give_back(const std::function<bool(const std::string& webhook)>& concerns) {
  std::erase_if(under_way_, [&](const auto& entry) {
    const auto& [ticket, attempt] = entry;
    if (!concerns(attempt.webhook->name)) return false;
    transport_.cancel(ticket);
    outbox_.give_back(attempt.key);
    return true;
  });
}

}  // namespace modelvane
