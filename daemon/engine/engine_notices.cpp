// What the daemon tells of itself: webhooks that fail or work again, and signs of life.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/engine/engine.h"
#include "daemon/events/sample_event.h"

namespace modelvane {

void Engine::tell_of_webhooks() {
  for (const auto& news : outbox_.take_news(now())) {
    Event event{.id = event_id(clock_.wall(), instance_, "webhook/" + news.webhook,
                               news.is_failing ? 1 : 0),
                .type = news.is_failing ? EventType::WebhookFailing : EventType::WebhookRecovered,
                .time = clock_.wall(),
                .webhook = news.webhook};
    event.detail = news.sentence;
    if (!news.is_failing) event.lasted = news.lasted;
    event.summary =
        news.is_failing
            ? fmt::format("webhook {} delivers nothing: {}", news.webhook, news.sentence)
        : news.sentence.empty()
            ? fmt::format("webhook {} delivers again", news.webhook)
            : fmt::format("webhook {} is no longer told of: {}", news.webhook, news.sentence);
    uncommitted_.note(std::move(event));
  }
}

// The first comes at the start: it shows at once whether the way is free. A reload that leaves the
// interval as it is changes nothing.
void Engine::plan_heartbeats() {
  std::map<std::string, Beat> beats;
  for (const auto& webhook : webhooks_) {
    if (!webhook.heartbeat || !ownership_.has_webhook(webhook.name)) continue;
    Beat beat{.every = *webhook.heartbeat, .due = clock_.steady()};
    const auto known = beats_.find(webhook.name);
    if (known != beats_.end()) beat.due = std::min(known->second.due, beat.due + beat.every);
    beats.emplace(webhook.name, beat);
  }
  beats_ = std::move(beats);
}

void Engine::beat() {
  if (!may_decide() || is_shutting_down_) return;
  const Duration steady = clock_.steady();
  for (auto& [webhook, beat] : beats_) {
    if (steady < beat.due) continue;
    beat.due = steady + beat.every;
    Event event{.id = event_id(clock_.wall(), instance_, "heartbeat/" + webhook, 0),
                .type = EventType::DaemonHeartbeat,
                .time = clock_.wall()};
    event.summary = fmt::format("modelvane {} is at work", instance_);
    uncommitted_.note_for(std::move(event), {webhook});
  }
}

// Alertmanager is told the end together with the beginning (alert.h).
void Engine::plan_end_of_drill(const Event& drill, const std::vector<std::string>& webhooks) {
  const auto type = end_of(drill.type);
  if (!type) return;
  DrillEnd end{.due = clock_.steady() + kDrillLasts, .type = *type, .webhooks = {}};
  for (const auto& webhook : webhooks_) {
    const auto* format = find_format(webhook.format);
    const bool holds_it = format != nullptr && format->holds_states && !format->is_state;
    if (holds_it && std::ranges::find(webhooks, webhook.name) != webhooks.end())
      end.webhooks.push_back(webhook.name);
  }
  if (!end.webhooks.empty()) drill_ends_.push_back(std::move(end));
}

void Engine::end_drills() {
  const Duration steady = clock_.steady();
  std::erase_if(drill_ends_, [&](DrillEnd& end) {
    if (steady < end.due) return false;
    uncommitted_.note_for(sample_event(end.type, instance_, clock_.wall(), 0),
                          std::move(end.webhooks));
    return true;
  });
}

}  // namespace modelvane
