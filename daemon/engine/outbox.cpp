#include "daemon/engine/outbox.h"

#include <algorithm>

#include "daemon/log/log.h"

namespace modelvane {
namespace {

// Seconds from the first byte sent to the verdict: from a local gateway to the longest allowed time-out (60 s).
const std::vector<double> kDurationBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

std::string subject_of(const StoredEvent& event) {
  return event.alias.empty() ? event.endpoint : event.endpoint + "/" + event.alias;
}

}  // namespace

Outbox::Outbox(std::uint64_t seed) : random_(seed) {}

void Outbox::configure(const std::vector<WebhookConfig>& webhooks, const std::map<std::string, std::uint64_t>& dead_letters) {
  for (auto& [name, webhook] : webhooks_) webhook.config.reset();
  for (const auto& config : webhooks) {
    const auto [entry, is_new] = webhooks_.try_emplace(config.name);
    Webhook& webhook = entry->second;
    webhook.config = config;
    webhook.view.name = config.name;
    webhook.view.format = config.format;
    if (is_new) webhook.view.duration = Histogram{kDurationBounds};
    touch(config.name);
  }
  for (const auto& [name, count] : dead_letters) webhooks_[name].view.dead_letters = count;
}

void Outbox::add(Delivery delivery, std::shared_ptr<const StoredEvent> event, Now now) {
  Webhook& webhook = webhooks_[delivery.webhook];
  touch(delivery.webhook);
  if (size_ >= kOutboxMax) {
    delivery.state = DeliveryState::Dead;
    delivery.last_error = "more than 100,000 deliveries were waiting";
    ++webhook.view.dead_letters;
    changes_.push_back(std::move(delivery));
    return;
  }
  const Duration due = now.steady + std::max(delivery.next_attempt - now.wall, Duration{0});
  auto& parcels = webhook.lanes[subject_of(*event)].parcels;
  const auto place =
      std::upper_bound(parcels.begin(), parcels.end(), delivery.sequence,
                       [](std::uint64_t sequence, const Parcel& parcel) { return sequence < parcel.delivery.sequence; });
  parcels.insert(place, Parcel{std::move(delivery), std::move(event), due});
  ++size_;
}

std::vector<Outbox::Candidate> Outbox::candidates(const Webhook& webhook) {
  const bool probing = webhook.failures_in_row >= kFailuresToProbe;
  const int room = (probing ? 1 : kLanesAtOnce) - webhook.in_flight;
  if (!webhook.config || room <= 0) return {};
  std::vector<Candidate> waiting;
  for (const auto& [subject, lane] : webhook.lanes) {
    if (lane.in_flight) continue;
    const auto& head = lane.parcels.front();
    waiting.push_back({head.delivery.sequence, &subject, std::max(head.due, webhook.not_before)});
  }
  std::sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  if (probing && waiting.size() > 1) waiting.erase(waiting.begin() + 1, waiting.end());
  return waiting;
}

void Outbox::bury_expired(const std::string& name, Webhook& webhook, Time now) {
  std::vector<LaneKey> expired;
  for (const auto& [subject, lane] : webhook.lanes) {
    if (!lane.in_flight && now - lane.parcels.front().delivery.created > webhook.config->max_age)
      expired.emplace_back(name, subject);
  }
  for (const auto& key : expired) {
    const auto& head = webhook.lanes.at(key.second).parcels.front();
    log::warn("delivery expired", {{"webhook", name}, {"event", head.event->id}, {"last_error", head.delivery.last_error}});
    finish_head(webhook, key, DeliveryState::Dead, "expired after max_age; last error: " + head.delivery.last_error);
  }
}

std::vector<Outbox::Due> Outbox::take_due(Now now) {
  std::vector<Due> due;
  for (auto& [name, webhook] : webhooks_) {
    if (!webhook.config || webhook.lanes.empty()) continue;
    bury_expired(name, webhook, now.wall);
    for (const auto& candidate : candidates(webhook)) {
      if (candidate.due > now.steady) continue;
      if (webhook.in_flight == kLanesAtOnce) break;
      Lane& lane = webhook.lanes.at(*candidate.subject);
      lane.in_flight = true;
      ++webhook.in_flight;
      sent_.emplace(next_key_, LaneKey{name, *candidate.subject});
      due.push_back({next_key_++, &*webhook.config, lane.parcels.front().event});
    }
  }
  return due;
}

std::optional<Duration> Outbox::next_due() const {
  std::optional<Duration> next;
  for (const auto& [name, webhook] : webhooks_) {
    for (const auto& candidate : candidates(webhook)) next = std::min(next.value_or(candidate.due), candidate.due);
  }
  return next;
}

void Outbox::finish_head(Webhook& webhook, const LaneKey& key, DeliveryState state, const std::string& error) {
  const auto lane = webhook.lanes.find(key.second);
  Delivery done = std::move(lane->second.parcels.front().delivery);
  lane->second.parcels.pop_front();
  if (lane->second.parcels.empty()) webhook.lanes.erase(lane);
  --size_;
  done.state = state;
  done.last_error = error;
  if (state == DeliveryState::Delivered) ++webhook.view.delivered;
  if (state == DeliveryState::Dead) ++webhook.view.dead_letters;
  changes_.push_back(std::move(done));
  touch(key.first);
}

void Outbox::verdict(std::uint64_t key, const Verdict& verdict, std::optional<Duration> took, Now now) {
  const auto sent = sent_.find(key);
  if (sent == sent_.end()) return;
  const LaneKey lane_key = sent->second;
  sent_.erase(sent);
  Webhook& webhook = webhooks_.at(lane_key.first);
  Lane& lane = webhook.lanes.at(lane_key.second);
  Parcel& head = lane.parcels.front();
  lane.in_flight = false;
  --webhook.in_flight;
  ++head.delivery.attempts;
  if (took) webhook.view.duration.observe(to_seconds(*took));
  touch(lane_key.first);

  if (verdict.kind == VerdictClass::Ok) {
    const bool recovered = std::exchange(webhook.failures_in_row, 0) >= kFailuresToProbe;
    webhook.view.last_error.clear();
    finish_head(webhook, lane_key, DeliveryState::Delivered, "");
    if (recovered) {
      log::info("webhook works again", {{"webhook", lane_key.first}});
      for (auto& [subject, waiting] : webhook.lanes) waiting.parcels.front().due = now.steady;
    }
    return;
  }
  ++webhook.view.failures[static_cast<std::size_t>(verdict.kind)];
  webhook.view.last_error = verdict.sentence;
  log::warn("delivery failed", {{"webhook", lane_key.first},
                                {"event", head.event->id},
                                {"class", std::string{label(verdict.kind)}},
                                {"attempt", std::to_string(head.delivery.attempts)},
                                {"error", verdict.sentence}});
  if (verdict.kind == VerdictClass::Payload || verdict.kind == VerdictClass::Gone) {
    return finish_head(webhook, lane_key, DeliveryState::Dead, verdict.sentence);
  }
  ++webhook.failures_in_row;
  const double jitter = std::uniform_real_distribution<double>{0, 1}(random_);
  const Duration delay = retry_delay(head.delivery.attempts, verdict, jitter);
  head.due = now.steady + delay;
  head.delivery.next_attempt = now.wall + delay;
  head.delivery.last_error = verdict.sentence;
  if (verdict.retry_after) webhook.not_before = std::max(webhook.not_before, head.due);
  changes_.push_back(head.delivery);
}

void Outbox::give_back(std::uint64_t key) {
  const auto sent = sent_.find(key);
  if (sent == sent_.end()) return;
  Webhook& webhook = webhooks_.at(sent->second.first);
  webhook.lanes.at(sent->second.second).in_flight = false;
  --webhook.in_flight;
  sent_.erase(sent);
}

std::vector<Delivery> Outbox::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<std::string> Outbox::take_touched() {
  std::vector<std::string> names;
  for (const auto& [name, is_touched] : std::exchange(touched_, {})) names.push_back(name);
  return names;
}

WebhookView Outbox::view(const std::string& name) const {
  const Webhook& webhook = webhooks_.at(name);
  WebhookView view = webhook.view;
  for (const auto& [subject, lane] : webhook.lanes) {
    view.pending += lane.parcels.size();
    const Time oldest = lane.parcels.front().delivery.created;
    if (!view.oldest_pending || oldest < *view.oldest_pending) view.oldest_pending = oldest;
  }
  return view;
}

}  // namespace modelvane
