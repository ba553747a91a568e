// What the Outbox has to say of receivers, for the other webhooks; and webhooks that come and go.
#include <algorithm>
#include <utility>

#include "daemon/engine/outbox.h"

namespace modelvane {

std::vector<Outbox::News> Outbox::take_news(Now now) {
  std::vector<News> news;
  for (auto& [name, webhook] : webhooks_) {
    const bool is_in_trouble = webhook.config && (webhook.off || webhook.failures_in_row > 0);
    const bool lasts = webhook.off || webhook.is_misconfigured ||
                       now.steady - webhook.trouble_since >= kFailsBeforeTold;
    if (is_in_trouble && lasts && !webhook.told_since) {
      webhook.told_since = webhook.failures_in_row > 0 ? webhook.trouble_since : now.steady;
      webhook.has_recovered = false;
      news.push_back({.webhook = name,
                      .is_failing = true,
                      .sentence = webhook.off ? webhook.off->reason : webhook.view.last_error});
    } else if (webhook.told_since && (webhook.has_recovered || !webhook.config)) {
      const Duration since = *std::exchange(webhook.told_since, std::nullopt);
      news.push_back({.webhook = name,
                      .sentence = webhook.config ? "" : "it left the configuration",
                      .lasted = now.steady - since});
    }
  }
  return news;
}

void Outbox::restore_told(const std::set<std::string>& failing, Now now) {
  for (const auto& name : failing) webhooks_[name].told_since = now.steady;
}

std::size_t Outbox::in_flight(const std::string& webhook) const {
  return static_cast<std::size_t>(
      std::ranges::count(sent_, webhook, [](const auto& entry) { return entry.second.webhook; }));
}

std::vector<std::string> Outbox::names() const {
  std::vector<std::string> names;
  for (const auto& [name, webhook] : webhooks_) names.push_back(name);
  return names;
}

void Outbox::hold(const std::string& webhook) {
  const auto found = webhooks_.find(webhook);
  if (found == webhooks_.end()) return;
  found->second.is_held = true;
  found->second.has_changed = true;
}

void Outbox::forget(const std::string& webhook) {
  const auto found = webhooks_.find(webhook);
  if (found == webhooks_.end()) return;
  size_ -= found->second.waiting;
  webhooks_.erase(found);
  touched_.erase(webhook);
  std::erase_if(sent_, [&](const auto& entry) { return entry.second.webhook == webhook; });
  std::erase_if(changes_, [&](const Delivery& change) { return change.webhook == webhook; });
  std::erase_if(switches_, [&](const WebhookSwitch& change) { return change.webhook == webhook; });
}

}  // namespace modelvane
