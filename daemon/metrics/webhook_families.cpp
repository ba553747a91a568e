#include <algorithm>
#include <array>
#include <unordered_set>

#include "daemon/events/delivery.h"
#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

struct WebhookSeries {
  const WebhookView* view = nullptr;
  Labels labels;
};

std::vector<WebhookSeries> webhook_series(const Snapshot& snapshot) {
  std::vector<WebhookSeries> all;
  std::unordered_set<std::string> seen;
  for (const auto& view : snapshot.webhooks) {
    if (!view) continue;
    auto name = label_text(view->name);
    if (seen.insert(name).second) all.push_back({view.get(), {{"webhook", std::move(name)}}});
  }
  return all;
}

template <typename Value>
void add_per_webhook(const std::vector<WebhookSeries>& webhooks, Family family, Value value) {
  for (const auto& [view, labels] : webhooks) family.add(labels, value(*view));
  family.flush();
}

void add_failures(const std::vector<WebhookSeries>& webhooks, Exposition& out) {
  Family family{out, "modelvane_delivery_failures_total", FamilyType::Counter,
                "Failed attempts to deliver, by class of the verdict."};
  for (const auto& [view, labels] : webhooks) {
    for (const auto kind :
         {VerdictClass::Busy, VerdictClass::Config, VerdictClass::Payload, VerdictClass::Gone}) {
      family.add(labels, {{"class", std::string{label(kind)}}},
                 static_cast<double>(view->failures[static_cast<std::size_t>(kind)]));
    }
  }
  family.flush();
}

void add_states(const std::vector<WebhookSeries>& webhooks, Exposition& out) {
  Family family{out, "modelvane_webhook_state", FamilyType::Gauge,
                "1 for the state that the webhook is in: misconfigured needs an operator, disabled "
                "wants no more events, removed left the configuration while some wait."};
  for (const auto& [view, labels] : webhooks) {
    for (const auto status : kWebhookStatuses.values()) {
      family.add(labels, {{"state", std::string{label(status)}}}, view->status == status ? 1 : 0);
    }
  }
  family.flush();
}

}  // namespace

void add_webhook_families(const Snapshot& snapshot, Exposition& out) {
  const auto webhooks = webhook_series(snapshot);
  add_per_webhook(webhooks,
                  {out, "modelvane_deliveries_total", FamilyType::Counter,
                   "Events that the webhook has accepted."},
                  [](const WebhookView& view) { return static_cast<double>(view.delivered); });
  add_failures(webhooks, out);
  add_states(webhooks, out);
  Family duration{out, "modelvane_delivery_duration_seconds", FamilyType::Histogram,
                  "Time of single attempts to deliver, good and failed."};
  for (const auto& [view, labels] : webhooks) duration.add(labels, view->duration);
  duration.flush();
  add_per_webhook(webhooks,
                  {out, "modelvane_outbox_pending", FamilyType::Gauge,
                   "Events that wait to be delivered to the webhook."},
                  [](const WebhookView& view) { return static_cast<double>(view.pending); });
  add_per_webhook(webhooks,
                  {out, "modelvane_outbox_oldest_age_seconds", FamilyType::Gauge,
                   "Age of the oldest event that waits; 0 when none does."},
                  [&](const WebhookView& view) {
                    return view.oldest_pending
                               ? std::max(0.0, to_seconds(snapshot.at - *view.oldest_pending))
                               : 0.0;
                  });
  add_per_webhook(webhooks,
                  {out, "modelvane_dead_letters", FamilyType::Gauge,
                   "Deliveries that were given up; they can be sent again."},
                  [](const WebhookView& view) { return static_cast<double>(view.dead_letters); });
}

}  // namespace modelvane
