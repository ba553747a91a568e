#include "daemon/engine/outbox.h"

#include <algorithm>

#include "daemon/log/log.h"

namespace modelvane {
namespace {

// A delivery that has expired is found so much later at most.
constexpr Duration kBuryEvery = std::chrono::seconds{1};
// Beyond the schedule's longest step: a stored time further off is a wrong clock's.
constexpr Duration kLongestStep = std::chrono::hours{8};

bool is_earlier(const Delivery& a, const Delivery& b) {
  return a.sequence < b.sequence;
}

}  // namespace

Outbox::Outbox(std::uint64_t seed) : random_(seed) {}

std::size_t Outbox::Webhook::room() const {
  if (!config || off) return 0;
  const bool is_single = is_probed() || (format != nullptr && format->coalesces());
  const std::size_t most = is_single ? 1 : kLanesAtOnce;
  return most > in_flight ? most - in_flight : 0;
}

// ---- what waits
// -------------------------------------------------------------------------------------------------

void Outbox::configure(const std::vector<Addressed>& webhooks, Now now) {
  for (auto& [name, webhook] : webhooks_) webhook.config.reset();
  for (const auto& [config, address] : webhooks) {
    const auto [entry, is_new] = webhooks_.try_emplace(config.name);
    Webhook& webhook = entry->second;
    const bool was_state = webhook.is_state();
    webhook.config = config;
    webhook.format = find_format(config.format);
    webhook.view.name = config.name;
    webhook.view.format = config.format;
    if (is_new || webhook.view.duration.bounds.empty())
      webhook.view.duration = Histogram{kDurationBounds};
    if (is_new || !(webhook.bucket.limit() == config.rate_limit))
      webhook.bucket = {config.rate_limit, now.steady};
    const bool moved = !is_new && webhook.address != address;
    webhook.address = address;
    webhook.has_changed = true;
    if (moved) switch_on(config.name, now);
    if (was_state || webhook.is_state()) sort_anew(config.name, webhook);
    touch(config.name);
  }
}

void Outbox::restore(std::vector<PendingDelivery> pending,
                     const std::map<std::string, std::uint64_t>& dead_letters,
                     const std::vector<WebhookSwitch>& switched_off, Now now) {
  for (const auto& [name, count] : dead_letters) {
    webhooks_[name].view.dead_letters = count;
    touch(name);
  }
  for (const auto& off : switched_off) {
    Webhook& webhook = webhooks_[off.webhook];
    const bool moved = webhook.config && webhook.address != off.address;
    webhook.off = off;
    webhook.address = webhook.config ? webhook.address : off.address;
    webhook.view.last_error = off.reason;
    if (moved) switch_on(off.webhook, now);
    touch(off.webhook);
  }
  for (auto& [delivery, event] : pending) {
    add(std::move(delivery), std::make_shared<const StoredEvent>(std::move(event)), now);
  }
}

void Outbox::add(Delivery delivery, std::shared_ptr<const StoredEvent> event, Now now) {
  Webhook& webhook = webhooks_[delivery.webhook];
  touch(delivery.webhook);
  if (size_ >= kOutboxMax) {
    return finish(webhook, std::move(delivery), DeliveryState::Dead,
                  "more than 100,000 deliveries were waiting");
  }
  const Duration wait = std::clamp(delivery.next_attempt - now.wall, Duration{0}, kLongestStep);
  const Duration age = std::max(now.wall - delivery.created, Duration{0});
  const int failures = delivery.last_error.empty() ? 0 : delivery.attempts;
  if (failures == 0 && webhook.is_asked()) {
    const Duration pause = webhook.is_misconfigured ? kAskEvery : kNewsAsksEvery;
    webhook.ask_at = std::min(webhook.ask_at, webhook.asked_at + pause);
  }
  put(webhook, Parcel{.delivery = std::move(delivery),
                      .event = std::move(event),
                      .due = now.steady + wait,
                      .failures = failures,
                      .entered = now.steady,
                      .age = age});
}

void Outbox::put(Webhook& webhook, Parcel parcel) {
  // One that came back after its webhook left the configuration stays what it was.
  const bool is_told = webhook.config.has_value();
  if (is_told)
    parcel.life = webhook.is_state() ? alert_life(*webhook.config, *parcel.event) : std::nullopt;
  if (is_told && webhook.is_state() && !parcel.life) {
    return finish(webhook, std::move(parcel.delivery), DeliveryState::Dead,
                  "the stored event cannot be read");
  }
  Lane& lane = webhook.lanes[parcel.life ? parcel.life->key
                                         : subject_of(parcel.event->endpoint, parcel.event->alias)];
  const auto resting = lane.parcels.begin() + static_cast<std::ptrdiff_t>(lane.in_flight);
  const auto place = std::upper_bound(
      resting, lane.parcels.end(), parcel,
      [](const auto& a, const auto& b) { return is_earlier(a.delivery, b.delivery); });
  lane.parcels.insert(place, std::move(parcel));
  webhook.has_changed = true;
  ++size_;
  if (webhook.is_state()) replace_older(webhook, lane);
}

// Of one alert only the newest event counts.
void Outbox::replace_older(Webhook& webhook, Lane& lane) {
  while (lane.parcels.size() > lane.in_flight + 1) {
    const auto older = lane.parcels.begin() + static_cast<std::ptrdiff_t>(lane.in_flight);
    const bool is_accepted = older->is_accepted();
    Delivery done = std::move(older->delivery);
    lane.parcels.erase(older);
    --size_;
    finish(webhook, std::move(done), DeliveryState::Delivered,
           is_accepted ? "" : "a later event of the same alert took its place");
  }
}

// Another format or another alert_duration: the lanes are others.
void Outbox::sort_anew(const std::string& name, Webhook& webhook) {
  std::erase_if(sent_, [&](const auto& sent) { return sent.second.webhook == name; });
  webhook.in_flight = 0;
  for (auto& [key, lane] : std::exchange(webhook.lanes, {})) {
    for (auto& parcel : lane.parcels) {
      --size_;
      if (!parcel.is_dropped) put(webhook, std::move(parcel));
    }
  }
}

// ---- what leaves
// -------------------------------------------------------------------------------------------------

// What may leave next, oldest first: the heads of all resting lanes. Of a webhook in trouble, the
// head that it has not seen for longest asks it in good time; one that is being probed gets only
// that.
std::vector<Outbox::Candidate> Outbox::candidates(const Webhook& webhook) {
  if (webhook.room() == 0) return {};
  const Duration earliest = std::max(webhook.not_before, webhook.bucket.ready());
  std::vector<Candidate> waiting;
  for (const auto& [key, lane] : webhook.lanes) {
    if (lane.in_flight > 0) continue;
    const auto& head = lane.parcels.front();
    waiting.push_back({head.delivery.sequence, &key, &head, std::max(head.due, earliest)});
  }
  const auto is_older = [](const auto& a, const auto& b) { return a.sequence < b.sequence; };
  std::sort(waiting.begin(), waiting.end(), is_older);
  if (!webhook.is_asked() || waiting.empty()) return waiting;
  const auto asker = std::min_element(
      waiting.begin(), waiting.end(),
      [](const auto& a, const auto& b) { return a.parcel->tried < b.parcel->tried; });
  const Duration ask_at = std::max(webhook.ask_at, earliest);
  if (webhook.is_probed()) {
    asker->due = ask_at;
    return {*asker};
  }
  asker->due = std::min(asker->due, ask_at);
  return waiting;
}

// What travels together with the first of `waiting` that is due.
std::vector<Outbox::Candidate> Outbox::company(const Webhook& webhook,
                                               const std::vector<Candidate>& waiting,
                                               Duration steady) {
  std::vector<Candidate> due;
  for (const auto& candidate : waiting) {
    if (candidate.due > steady) continue;
    const Lane& lane = webhook.lanes.at(*candidate.lane);
    for (const auto& parcel : lane.parcels) {
      if (&parcel != candidate.parcel && parcel.due > steady) break;
      due.push_back({parcel.delivery.sequence, candidate.lane, &parcel, candidate.due});
      if (webhook.is_probed()) break;
    }
  }
  std::sort(due.begin(), due.end(),
            [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  if (due.empty()) return due;
  const auto loner = std::find_if(due.begin(), due.end(),
                                  [](const auto& candidate) { return candidate.parcel->alone; });
  const auto together = loner == due.begin() ? 1 : static_cast<std::size_t>(loner - due.begin());
  due.resize(std::min(together, webhook.format->events_max));
  return due;
}

Outbox::Due Outbox::send(const std::string& name, Webhook& webhook,
                         const std::vector<Candidate>& group, Now now) {
  Due due{.key = next_key_++, .webhook = &*webhook.config, .events = {}};
  Sent sent{.webhook = name, .lanes = {}};
  for (const auto& candidate : group) {
    due.events.push_back(candidate.parcel->event);
    ++sent.lanes[*candidate.lane];
    ++webhook.lanes.at(*candidate.lane).in_flight;
  }
  ++webhook.in_flight;
  webhook.ask_at = std::max(webhook.ask_at, now.steady + kAskEvery);  // one asks at a time
  webhook.bucket.take(now.steady);
  sent_.emplace(due.key, std::move(sent));
  return due;
}

void Outbox::send_what_is_due(const std::string& name, Webhook& webhook, std::vector<Due>& due,
                              Now now) {
  const auto waiting = candidates(webhook);
  std::vector<Candidate> left;
  if (webhook.format != nullptr && webhook.format->coalesces()) {
    const auto group = company(webhook, waiting, now.steady);
    if (group.empty()) left = waiting;
    if (!group.empty()) due.push_back(send(name, webhook, group, now));
  } else {
    for (const auto& candidate : waiting) {
      if (webhook.room() > 0 && std::max(candidate.due, webhook.bucket.ready()) <= now.steady) {
        due.push_back(send(name, webhook, {candidate}, now));
      } else {
        left.push_back(candidate);
      }
    }
  }
  webhook.has_changed = false;
  webhook.next_due = first_due(webhook, left);
}

std::vector<Outbox::Due> Outbox::take_due(Now now) {
  std::vector<Due> due;
  for (auto& [name, webhook] : webhooks_) {
    if (!webhook.config || webhook.lanes.empty()) continue;
    if (now.steady >= webhook.next_burial) {
      webhook.next_burial = now.steady + kBuryEvery;
      bury_expired(name, webhook, now);
    }
    if (webhook.has_changed || (webhook.next_due && *webhook.next_due <= now.steady)) {
      send_what_is_due(name, webhook, due, now);
    }
  }
  return due;
}

std::optional<Duration> Outbox::first_due(const Webhook& webhook,
                                          const std::vector<Candidate>& waiting) {
  std::optional<Duration> first;
  if (webhook.room() == 0) return first;
  for (const auto& candidate : waiting)
    first = std::min(first.value_or(candidate.due), candidate.due);
  return first ? std::max(*first, webhook.bucket.ready()) : first;
}

std::optional<Duration> Outbox::next_due() const {
  std::optional<Duration> next;
  for (const auto& [name, webhook] : webhooks_) {
    const auto due =
        webhook.has_changed ? first_due(webhook, candidates(webhook)) : webhook.next_due;
    if (due) next = std::min(next.value_or(*due), *due);
  }
  return next;
}

void Outbox::bury_expired(const std::string& name, Webhook& webhook, Now now) {
  for (auto entry = webhook.lanes.begin(); entry != webhook.lanes.end();) {
    Lane& lane = entry->second;
    while (lane.in_flight == 0 && !lane.parcels.empty()) {
      Parcel& head = lane.parcels.front();
      // An alert that lives is a present state, however old: its age counts from its end.
      if (head.life && !head.life->ends) break;
      const Duration age = head.age_at(now.steady);
      if (std::min(age, head.ended_since(now.steady).value_or(age)) <= webhook.config->max_age)
        break;
      log::warn(
          "delivery expired",
          {{"webhook", name}, {"event", head.event->id}, {"last_error", head.delivery.last_error}});
      Delivery done = std::move(head.delivery);
      lane.parcels.pop_front();
      --size_;
      const std::string why = webhook.off ? webhook.off->reason : done.last_error;
      finish(webhook, std::move(done), DeliveryState::Dead,
             "expired after max_age; last error: " + why);
      webhook.has_changed = true;
      touch(name);
    }
    entry = lane.parcels.empty() ? webhook.lanes.erase(entry) : std::next(entry);
  }
}

// ---- verdicts
// -------------------------------------------------------------------------------------------------

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
      if (!lane.parcels.front().is_dropped) parcels.push_back(std::move(lane.parcels.front()));
      lane.parcels.pop_front();
      --size_;
    }
    if (lane.parcels.empty()) webhook.lanes.erase(entry);
  }
  std::sort(parcels.begin(), parcels.end(),
            [](const auto& a, const auto& b) { return is_earlier(a.delivery, b.delivery); });
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
  if (verdict.kind == VerdictClass::Ok) return succeed(name, webhook, std::move(parcels), now);
  fail(name, webhook, std::move(parcels), verdict, now);
}

void Outbox::succeed(const std::string& name, Webhook& webhook, std::vector<Parcel> parcels,
                     Now now) {
  const bool was_in_trouble = webhook.failures_in_row > 0;
  const bool recovered = webhook.failures_in_row >= kFailuresToProbe;
  webhook.view.last_error.clear();
  for (auto& parcel : parcels) {
    if (!parcel.is_accepted() || parcel.delivery.attempts == 1) ++webhook.view.delivered;
    if (parcel.life) {
      hold(webhook, std::move(parcel), now);
    } else {
      finish(webhook, std::move(parcel.delivery), DeliveryState::Delivered, "");
    }
  }
  if (recovered) log::info("webhook works again", {{"webhook", name}});
  if (was_in_trouble) release(webhook, now);
  webhook.failures_in_row = 0;
  webhook.is_misconfigured = false;
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
  for (auto& parcel : parcels) {
    if (!verdict.retry_after) ++parcel.failures;  // a wish for rest is no fault of the event's
    parcel.tried = now.steady;
  }
  Duration delay{0};
  if (verdict.kind == VerdictClass::Busy || verdict.kind == VerdictClass::Config) {
    // Of several the one that failed least often: together they are tried again together.
    const auto mildest =
        std::min_element(parcels.begin(), parcels.end(),
                         [](const auto& a, const auto& b) { return a.failures < b.failures; });
    delay = delay_of(mildest == parcels.end() ? Parcel{} : *mildest, verdict);
    ask_later(webhook, verdict, delay, now);
  }
  if (verdict.kind == VerdictClass::Gone) switch_off(name, webhook, verdict.sentence, now);
  for (auto& parcel : parcels) {
    if (verdict.kind == VerdictClass::Payload && !in_company) {
      finish(webhook, std::move(parcel.delivery), DeliveryState::Dead, verdict.sentence);
      continue;
    }
    // In company that fails beside a working receiver, one may spoil it for the others.
    parcel.alone = parcel.alone || verdict.kind == VerdictClass::Payload ||
                   (in_company && parcel.is_suspect && !verdict.retry_after);
    parcel.due = now.steady + delay;
    parcel.delivery.next_attempt = now.wall + delay;
    parcel.delivery.last_error = verdict.sentence;
    changes_.push_back(parcel.delivery);
    put(webhook, std::move(parcel));
  }
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
  if (verdict.retry_after) {
    webhook.not_before = std::max(webhook.not_before, now.steady + delay);
    webhook.ask_at = now.steady + delay;
    return;
  }
  const Duration most = webhook.is_misconfigured ? kAskMisconfiguredEvery : kAskEvery;
  const bool waits_for_delay = webhook.is_misconfigured || !webhook.is_probed();
  webhook.ask_at = now.steady + (waits_for_delay ? std::min(delay, most) : most);
}

void Outbox::give_back(std::uint64_t key) {
  const auto node = sent_.extract(key);
  if (node.empty()) return;
  Webhook& webhook = webhooks_.at(node.mapped().webhook);
  for (auto& parcel : take_back(node.mapped(), webhook)) put(webhook, std::move(parcel));
}

// ---- on and off
// -------------------------------------------------------------------------------------------------

void Outbox::switch_off(const std::string& name, Webhook& webhook, const std::string& reason,
                        Now now) {
  if (webhook.off) return;
  webhook.off = WebhookSwitch{
      .webhook = name, .disabled = now.wall, .reason = reason, .address = webhook.address};
  switches_.push_back(*webhook.off);
  log::error(
      "webhook switched off: it wants no more events; mend its URL, or switch it on by `modelvane "
      "deliveries retry`",
      {{"webhook", name}, {"reason", reason}});
}

void Outbox::switch_on(const std::string& name, Now now) {
  const auto found = webhooks_.find(name);
  if (found == webhooks_.end()) return;
  Webhook& webhook = found->second;
  webhook.failures_in_row = 0;
  webhook.is_misconfigured = false;
  webhook.not_before = Duration{0};
  touch(name);
  make_all_due(webhook, now);
  if (!webhook.off) return;
  webhook.off.reset();
  webhook.view.last_error.clear();
  switches_.push_back(
      {.webhook = name, .disabled = std::nullopt, .reason = "", .address = webhook.address});
  log::info("webhook switched on", {{"webhook", name}});
}

void Outbox::make_all_due(Webhook& webhook, Now now) {
  webhook.has_changed = true;
  for (auto& [key, lane] : webhook.lanes) {
    for (auto& parcel : lane.parcels) {
      if (parcel.is_accepted()) continue;
      parcel.failures = 0;
      parcel.due = now.steady;
    }
  }
}

// ---- for operators
// -------------------------------------------------------------------------------------------------

Outbox::Parcel* Outbox::find(const DeliveryKey& key, Lane** found_lane, std::string* lane_key) {
  const auto webhook = webhooks_.find(key.webhook);
  if (webhook == webhooks_.end()) return nullptr;
  for (auto& [name, lane] : webhook->second.lanes) {
    for (auto& parcel : lane.parcels) {
      if (parcel.delivery.sequence != key.sequence) continue;
      *found_lane = &lane;
      *lane_key = name;
      return &parcel;
    }
  }
  return nullptr;
}

bool Outbox::hurry(const DeliveryKey& key, Now now) {
  Lane* lane = nullptr;
  std::string lane_key;
  Parcel* parcel = find(key, &lane, &lane_key);
  if (parcel == nullptr) return false;
  parcel->due = now.steady;
  parcel->tried = Duration{0};  // before all others, if its webhook is being probed
  Webhook& webhook = webhooks_.at(key.webhook);
  webhook.ask_at = std::min(webhook.ask_at, now.steady);
  webhook.has_changed = true;
  return true;
}

void Outbox::drop(const DeliveryKey& key) {
  Lane* lane = nullptr;
  std::string lane_key;
  Parcel* parcel = find(key, &lane, &lane_key);
  if (parcel == nullptr) return;
  touch(key.webhook);
  webhooks_.at(key.webhook).has_changed = true;
  for (std::size_t i = 0; i < lane->in_flight; ++i) {
    if (&lane->parcels[i] != parcel) continue;
    parcel->is_dropped = true;
    return;
  }
  std::erase_if(lane->parcels,
                [&](const Parcel& each) { return each.delivery.sequence == key.sequence; });
  --size_;
  if (lane->parcels.empty()) webhooks_.at(key.webhook).lanes.erase(lane_key);
}

void Outbox::forget_dead(const std::string& webhook, std::uint64_t count) {
  auto& dead = webhooks_[webhook].view.dead_letters;
  dead -= std::min(dead, count);
  touch(webhook);
}

// ---- what is told
// -------------------------------------------------------------------------------------------------

std::vector<Delivery> Outbox::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<WebhookSwitch> Outbox::take_switches() {
  return std::exchange(switches_, {});
}

std::set<std::string> Outbox::take_touched() {
  return std::exchange(touched_, {});
}

WebhookView Outbox::view(const std::string& name) const {
  const Webhook& webhook = webhooks_.at(name);
  WebhookView view = webhook.view;
  if (webhook.failures_in_row > 0) {
    view.status = webhook.is_misconfigured ? WebhookStatus::Misconfigured : WebhookStatus::Failing;
  }
  if (webhook.off) {
    view.status = WebhookStatus::Disabled;
    view.disabled_since = webhook.off->disabled;
  }
  for (const auto& [key, lane] : webhook.lanes) {
    for (const auto& parcel : lane.parcels) {
      if (parcel.is_accepted()) continue;
      ++view.pending;
      const Time created = parcel.delivery.created;
      if (!view.oldest_pending || created < *view.oldest_pending) view.oldest_pending = created;
    }
  }
  return view;
}

}  // namespace modelvane
