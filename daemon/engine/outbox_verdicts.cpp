// What becomes of what was sent: the verdicts of the Outbox.
#include <algorithm>

#include "daemon/engine/outbox.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// After "too many": this part of the pace that the receiver took, and then so much more with each
// event that it takes. From ten a second it is back there within five seconds.
constexpr double kSlowDown = 0.7;
constexpr double kPaceStep = 0.1;
// A receiver that takes less is one in trouble, and asked by that schedule.
constexpr double kPaceMin = 0.2;
// Above it a pace is no bound any more: the lanes' round trips are.
constexpr double kPaceMax = 100;
// A limiter that names no time is left alone for so long, doubled with each refusal that follows.
constexpr Duration kFirstRest = std::chrono::seconds{1};
constexpr int kRestDoublings = 5;
// After a success a receiver counts as working for so long, whatever befalls events that have
// themselves to blame: in it they fail kFailuresToStepAside times, and their subjects go on.
constexpr Duration kIsWorking = std::chrono::minutes{1};
// Requests side by side are refused side by side.
constexpr Duration kOneRefusal = std::chrono::milliseconds{500};
// The first refusal may come after milliseconds, which tell no rate.
constexpr double kPaceWindowMin = 1;

}  // namespace

void Outbox::finish(Webhook& webhook, Delivery delivery, DeliveryState state,
                    const std::string& error) {
  delivery.state = state;
  delivery.last_error = error;
  if (state == DeliveryState::Dead) ++webhook.view.dead_letters;
  changes_.push_back(std::move(delivery));
}

// The parcels of a request that has ended, out of their lanes.
std::vector<Outbox::Parcel> Outbox::take_back(const Sent& sent, Webhook& webhook) {
  std::vector<Parcel> parcels;
  --webhook.in_flight;
  webhook.has_changed = true;
  for (const auto& [key, count] : sent.lanes) {
    const auto entry = webhook.lanes.find(key);
    Lane& lane = entry->second;
    lane.in_flight = 0;
    for (std::size_t i = 0; i < count; ++i) {
      uncount(webhook, lane.parcels.front());
      if (!lane.parcels.front().is_dropped) parcels.push_back(std::move(lane.parcels.front()));
      lane.parcels.pop_front();
    }
    if (lane.parcels.empty()) webhook.lanes.erase(entry);
  }
  std::ranges::sort(parcels, {}, [](const Parcel& parcel) { return parcel.delivery.sequence; });
  return parcels;
}

void Outbox::verdict(std::uint64_t key, const Verdict& verdict, std::optional<Duration> took,
                     Now now) {
  auto node = sent_.extract(key);
  if (node.empty()) return;
  const std::string name = node.mapped().webhook;
  Webhook& webhook = webhooks_.at(name);
  auto parcels = take_back(node.mapped(), webhook);
  for (auto& parcel : parcels) ++parcel.delivery.attempts;
  if (took) webhook.view.duration.observe(to_seconds(*took));
  touch(name);
  if (verdict.kind == VerdictClass::Ok)
    return succeed(name, webhook, std::move(parcels), verdict, now);
  fail(name, webhook, std::move(parcels), verdict, now);
}

void Outbox::succeed(const std::string& name, Webhook& webhook, std::vector<Parcel> parcels,
                     const Verdict& verdict, Now now) {
  const bool was_in_trouble = webhook.failures_in_row > 0;
  const bool recovered = webhook.failures_in_row >= kFailuresToProbe;
  webhook.view.last_error.clear();
  webhook.limits_in_row = 0;
  speed_up(webhook);
  for (auto& parcel : parcels) {
    if (!verdict.deferred.empty()) {
      defer(webhook, std::move(parcel), verdict, now);
      continue;
    }
    if (!parcel.is_accepted() || parcel.delivery.attempts == 1) ++webhook.view.delivered;
    if (parcel.life) {
      hold(webhook, std::move(parcel), now);
    } else {
      finish(webhook, std::move(parcel.delivery), DeliveryState::Delivered, "");
    }
  }
  webhook.has_recovered = true;
  webhook.taken_at = now.steady;
  if (recovered) log::info("webhook works again", {{"webhook", name}});
  if (was_in_trouble) release(webhook, now);
  webhook.failures_in_row = 0;
  webhook.is_misconfigured = false;
}

// The receiver has it for some: it is asked again for the others, and nothing else waits for that.
void Outbox::defer(Webhook& webhook, Parcel parcel, const Verdict& verdict, Now now) {
  if (parcel.is_last_try)
    return finish(webhook, std::move(parcel.delivery), DeliveryState::Dead, verdict.sentence);
  parcel.only_to = verdict.deferred;
  parcel.is_blamed = true;
  parcel.is_aside = true;
  parcel.tried = now.steady;
  ++parcel.failures;
  const Duration delay = delay_of(parcel, verdict);
  try_again(webhook, std::move(parcel), delay, verdict.sentence, now);
}

void Outbox::try_again(Webhook& webhook, Parcel parcel, Duration delay, const std::string& error,
                       Now now) {
  parcel.due = now.steady + delay;
  parcel.delivery.next_attempt = now.wall + delay;
  parcel.delivery.last_error = error;
  changes_.push_back(parcel.delivery);
  put(webhook, std::move(parcel));
}

// The receiver works: what failed while it did not is due. What was released before, and failed
// again, is only taken in after trouble long enough to be the receiver's own; otherwise an event
// that is always refused would be sent again with each that is not.
void Outbox::release(Webhook& webhook, Now now) {
  const bool was_away = now.steady - webhook.trouble_since >= kAskEvery;
  webhook.has_changed = true;
  for (auto& [key, lane] : webhook.lanes) {
    for (std::size_t i = lane.in_flight; i < lane.parcels.size(); ++i) {
      Parcel& parcel = lane.parcels[i];
      if (parcel.is_accepted() || (parcel.is_suspect && !was_away)) continue;
      if (parcel.failures > 0) parcel.is_suspect = true;
      parcel.failures = 0;
      parcel.due = now.steady;
    }
  }
}

// The receiver has the alert: it must hear of it again while it lives, and of its end.
void Outbox::hold(Webhook& webhook, Parcel parcel, Now now) {
  const auto ended = parcel.ended_since(now.steady);
  if (ended && *ended >= parcel.life->aftermath) {
    return finish(webhook, std::move(parcel.delivery), DeliveryState::Delivered, "");
  }
  Duration pause = parcel.life->post_every;
  if (ended && *ended < Duration{0}) pause = std::min(pause, -*ended);
  const bool is_news = parcel.delivery.attempts == 1 || !parcel.delivery.last_error.empty();
  parcel.due = now.steady + pause;
  parcel.delivery.next_attempt = now.wall + pause;
  parcel.delivery.last_error.clear();
  parcel.failures = 0;
  // A row per post would write all day; after a restart the alert is simply posted again.
  if (is_news) changes_.push_back(parcel.delivery);
  put(webhook, std::move(parcel));
}

// An alert that lives is a present state: its receiver must hear of it again, whatever it said.
bool Outbox::is_given_up(const Parcel& parcel, const Verdict& verdict, Now now) {
  if (parcel.is_last_try) return true;
  const auto ended = parcel.ended_since(now.steady);
  const bool lives = parcel.life && (!ended || *ended < parcel.life->aftermath);
  return verdict.kind == VerdictClass::Payload && !lives;
}

// Events that have themselves to blame say nothing of a receiver that works: however many there
// are, it is not in trouble.
bool Outbox::is_their_own(const Webhook& webhook, const std::vector<Parcel>& parcels, Now now) {
  return now.steady - webhook.taken_at < kIsWorking && !parcels.empty() &&
         std::ranges::all_of(parcels, [](const Parcel& parcel) { return parcel.is_blamed; });
}

void Outbox::fail(const std::string& name, Webhook& webhook, std::vector<Parcel> parcels,
                  const Verdict& verdict, Now now) {
  ++webhook.view.failures[static_cast<std::size_t>(verdict.kind)];
  webhook.view.last_error = verdict.sentence;
  const bool in_company = parcels.size() > 1;
  const int attempt = parcels.empty() ? 1 : parcels.front().delivery.attempts;
  log::warn("delivery failed", {{"webhook", name},
                                {"event", parcels.empty() ? "" : parcels.front().event->id},
                                {"events", std::to_string(parcels.size())},
                                {"class", std::string{label(verdict.kind)}},
                                {"attempt", std::to_string(attempt)},
                                {"error", verdict.sentence}});
  const bool is_wish = verdict.retry_after || verdict.is_limit;  // no fault of the event's
  for (auto& parcel : parcels) {
    if (!is_wish) {
      ++parcel.failures;
      parcel.is_blamed |= parcel.tried > Duration{0} && webhook.taken_at > parcel.tried;
    }
    parcel.tried = now.steady;
  }
  Duration delay{0};
  if (verdict.is_limit) slow_down(webhook, now);
  if (verdict.kind == VerdictClass::Payload && webhook.is_state() && !parcels.empty())
    delay = delay_of(parcels.front(), verdict);
  if (verdict.kind == VerdictClass::Busy || verdict.kind == VerdictClass::Config) {
    // Of several the one that failed least often: together they are tried again together.
    const auto mildest =
        std::min_element(parcels.begin(), parcels.end(),
                         [](const auto& a, const auto& b) { return a.failures < b.failures; });
    delay = delay_of(mildest == parcels.end() ? Parcel{} : *mildest, verdict);
    if (verdict.is_limit && !verdict.retry_after) {
      delay = std::min(kFirstRest * (1 << std::min(webhook.limits_in_row++, kRestDoublings)),
                       kAskEvery);
    }
    if (is_wish || verdict.kind == VerdictClass::Config || !is_their_own(webhook, parcels, now))
      ask_later(webhook, verdict, delay, now);
  }
  // A receiver that finds fault with an event is there: another one need not wait long.
  if (verdict.kind == VerdictClass::Payload && webhook.failures_in_row > 0)
    webhook.ask_at = std::min(webhook.ask_at, now.steady + kNewsAsksEvery);
  if (verdict.kind == VerdictClass::Gone) switch_off(name, webhook, verdict.sentence, now);
  for (auto& parcel : parcels) {
    if (!in_company && is_given_up(parcel, verdict, now)) {
      finish(webhook, std::move(parcel.delivery), DeliveryState::Dead, verdict.sentence);
      continue;
    }
    // In company that fails beside a working receiver, one may spoil it for the others.
    parcel.alone = parcel.alone || verdict.kind == VerdictClass::Payload ||
                   (in_company && parcel.is_suspect && !verdict.retry_after);
    parcel.is_aside =
        parcel.is_aside || (parcel.is_suspect && !parcel.life && !verdict.retry_after &&
                            parcel.failures >= kFailuresToStepAside);
    try_again(webhook, std::move(parcel), delay, verdict.sentence, now);
  }
}

// What the receiver took since it last refused is what it takes; a little less is asked of it.
void Outbox::slow_down(Webhook& webhook, Now now) {
  Pace& pace = webhook.pace;
  const double seconds = std::max(to_seconds(now.steady - pace.since), kPaceWindowMin);
  const double taken = static_cast<double>(pace.taken) / seconds;
  const double before = pace.per_second > 0 ? std::min(pace.per_second, taken) : taken;
  // Refusals that arrive together are one.
  if (now.steady - pace.since >= kOneRefusal || pace.per_second == 0)
    pace.per_second = std::max(before * kSlowDown, kPaceMin);
  pace.since = now.steady;
  pace.taken = 0;
}

void Outbox::speed_up(Webhook& webhook) {
  Pace& pace = webhook.pace;
  ++pace.taken;
  if (pace.per_second == 0) return;
  pace.per_second += kPaceStep;
  if (pace.per_second > kPaceMax) pace.per_second = 0;
}

Duration Outbox::delay_of(const Parcel& parcel, const Verdict& verdict) {
  const double jitter = std::uniform_real_distribution<double>{0, 1}(random_);
  const Duration delay = retry_delay(std::max(parcel.failures, 1), verdict, jitter);
  // A living alert resolves by itself when its receiver does not hear of it.
  if (!parcel.life || verdict.retry_after) return delay;
  return std::min(delay, parcel.life->post_every);
}

void Outbox::ask_later(Webhook& webhook, const Verdict& verdict, Duration delay, Now now) {
  if (webhook.failures_in_row++ == 0) webhook.trouble_since = now.steady;
  webhook.is_misconfigured = verdict.kind == VerdictClass::Config;
  webhook.asked_at = now.steady;
  if (verdict.retry_after || verdict.is_limit) {
    webhook.not_before = std::max(webhook.not_before, now.steady + delay);
    webhook.ask_at = now.steady + delay;
    return;
  }
  const Duration most = webhook.is_misconfigured ? kAskMisconfiguredEvery : kAskEvery;
  const bool waits_for_delay = webhook.is_misconfigured || !webhook.is_probed();
  webhook.ask_at = now.steady + (waits_for_delay ? std::min(delay, most) : most);
}

void Outbox::keep_first(std::uint64_t key, std::size_t count) {
  const auto found = sent_.find(key);
  if (found == sent_.end()) return;
  Sent& sent = found->second;
  Webhook& webhook = webhooks_.at(sent.webhook);
  std::vector<std::pair<std::uint64_t, std::string>> events;  // by age
  for (const auto& [lane, parcels] : sent.lanes) {
    for (std::size_t i = 0; i < parcels; ++i)
      events.emplace_back(webhook.lanes.at(lane).parcels[i].delivery.sequence, lane);
  }
  std::ranges::sort(events);
  for (std::size_t i = count; i < events.size(); ++i) {
    const auto& lane = events[i].second;
    --webhook.lanes.at(lane).in_flight;
    if (--sent.lanes.at(lane) == 0) sent.lanes.erase(lane);
  }
  webhook.has_changed = true;
}

void Outbox::give_back(std::uint64_t key) {
  const auto node = sent_.extract(key);
  if (node.empty()) return;
  Webhook& webhook = webhooks_.at(node.mapped().webhook);
  for (auto& parcel : take_back(node.mapped(), webhook)) put(webhook, std::move(parcel));
}

}  // namespace modelvane
