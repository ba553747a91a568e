#include "daemon/engine/outbox.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/log/log.h"

namespace modelvane {
namespace {

// A delivery that has expired is found so much later at most.
constexpr Duration kBuryEvery = std::chrono::seconds{1};
constexpr const char* kQueueIsFull = "more than 100,000 deliveries were waiting";

bool is_earlier(const Delivery& a, const Delivery& b) {
  return a.sequence < b.sequence;
}

}  // namespace

Outbox::Outbox(std::uint64_t seed) : random_(seed) {}

std::size_t Outbox::Webhook::room() const {
  if (!config || off || is_held) return 0;
  const bool is_single = is_probed() || (format != nullptr && format->coalesces());
  const std::size_t most = is_single ? 1 : kLanesAtOnce;
  return most > in_flight ? most - in_flight : 0;
}

// ---- what waits
// -------------------------------------------------------------------------------------------------

void Outbox::configure(const std::vector<Addressed>& webhooks, Now now) {
  std::set<std::string> left;
  for (auto& [name, webhook] : webhooks_) {
    if (std::exchange(webhook.config, std::nullopt)) left.insert(name);
  }
  for (const auto& [config, address] : webhooks) {
    const auto [entry, is_new] = webhooks_.try_emplace(config.name);
    Webhook& webhook = entry->second;
    left.erase(config.name);
    webhook.config = config;
    webhook.max_age = config.max_age;
    webhook.format = find_format(config.format);
    webhook.view.format = config.format;
    if (is_new || !(webhook.bucket.limit() == config.rate_limit))
      webhook.bucket = {config.rate_limit, now.steady};
    const bool moved = !is_new && webhook.address != address;
    webhook.address = address;
    webhook.has_changed = true;
    if (moved) switch_on(config.name, now);
    const auto sorts_by = webhook.is_state() ? std::optional{config.alert_duration} : std::nullopt;
    if (std::exchange(webhook.sorted_by, sorts_by) != sorts_by) sort_anew(config.name, webhook);
    touch(config.name);
  }
  for (const auto& name : left) {
    webhooks_.at(name).sorted_by.reset();
    say_it_left(name);
  }
  for (const auto& [name, webhook] : webhooks_) {
    if (!webhook.config) touch(name);
  }
}

void Outbox::say_it_left(const std::string& name) const {
  const Webhook& webhook = webhooks_.at(name);
  if (webhook.waiting == 0) return;
  log::warn("webhook left the configuration; what waits for it expires after its max_age",
            {{"webhook", name},
             {"deliveries", std::to_string(webhook.waiting)},
             {"max_age", to_text(webhook.max_age)}});
}

void Outbox::note_address(const std::string& name, std::int64_t address, Now now) {
  const auto found = webhooks_.find(name);
  if (found == webhooks_.end() || !found->second.config || found->second.address == address) return;
  found->second.address = address;
  switch_on(name, now);
}

bool Outbox::is_in_trouble(const std::string& name) const {
  const auto found = webhooks_.find(name);
  return found != webhooks_.end() && (found->second.off || found->second.failures_in_row > 0);
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
    add(std::move(delivery), std::move(event), now);
  }
  for (const auto& [name, webhook] : webhooks_) {
    if (!webhook.config) say_it_left(name);
  }
}

void Outbox::add(Delivery delivery, std::shared_ptr<const StoredEvent> event, Now now) {
  Webhook& webhook = webhooks_[delivery.webhook];
  touch(delivery.webhook);
  // What is stored was judged in another life of the process, maybe by another clock: whether the
  // receiver is back must be asked anew.
  const Duration wait = std::clamp(delivery.next_attempt - now.wall, Duration{0}, kAskEvery);
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
  if (size_ > kOutboxBurstMax) give_way();
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
  if (parcel.life && parcel.event->type == EventType::EndpointUnwatched)
    return add_departure(webhook, std::move(parcel));
  for (const auto& departure : webhook.departures) end_by(departure, parcel);
  auto key =
      parcel.life ? parcel.life->key : subject_of(parcel.event->endpoint, parcel.event->alias);
  // A lane of its own, that sorts beside its subject's.
  if (parcel.is_aside) key += fmt::format("\n{}", parcel.delivery.sequence);
  ++webhook.waiting;
  ++webhook.waiting_of[parcel.event->endpoint];
  Lane& lane = webhook.lanes[key];
  const auto resting = lane.parcels.begin() + static_cast<std::ptrdiff_t>(lane.in_flight);
  const auto place = std::upper_bound(
      resting, lane.parcels.end(), parcel,
      [](const auto& a, const auto& b) { return is_earlier(a.delivery, b.delivery); });
  const auto placed = static_cast<std::size_t>(place - lane.parcels.begin());
  lane.parcels.insert(place, std::move(parcel));
  webhook.has_changed = true;
  ++size_;
  if (webhook.is_state()) {
    replace_older(webhook, lane);
  } else if (lane.parcels[placed].event->type == EventType::DaemonHeartbeat) {
    replace_heartbeats(webhook, lane);
  } else if (webhook.format != nullptr && webhook.format->is_for_people) {
    leave_out_what_ended(webhook, lane, placed);
  }
}

void Outbox::uncount(Webhook& webhook, const Parcel& parcel) {
  --size_;
  --webhook.waiting;
  const auto count = webhook.waiting_of.find(parcel.event->endpoint);
  if (count != webhook.waiting_of.end() && --count->second == 0) {
    webhook.served.erase(parcel.event->endpoint);
    webhook.waiting_of.erase(count);
  }
}

// The queue is full. Its room belongs to all webhooks, and within one to all endpoints, in equal
// parts: whoever has most gives way, first of all among those whose receiver does not work.
bool Outbox::give_way() {
  const auto claim = [](const auto& entry) {
    const Webhook& webhook = entry.second;
    const bool is_healthy = webhook.config && !webhook.off && webhook.failures_in_row == 0;
    return std::pair{!is_healthy && webhook.waiting > webhook.in_flight, webhook.waiting};
  };
  const auto longest = std::ranges::max_element(webhooks_, {}, claim);
  Webhook& webhook = longest->second;
  const auto most = std::ranges::max_element(webhook.waiting_of, {},
                                             [](const auto& entry) { return entry.second; });
  if (most == webhook.waiting_of.end()) return false;
  // Lanes are sorted by subject, which begins with the endpoint; those of alerts are not.
  auto entry = webhook.is_state() ? webhook.lanes.begin() : webhook.lanes.lower_bound(most->first);
  for (; entry != webhook.lanes.end(); ++entry) {
    Lane& lane = entry->second;
    if (lane.parcels.size() == lane.in_flight || lane.parcels.back().event->endpoint != most->first)
      continue;
    Delivery done = std::move(lane.parcels.back().delivery);
    uncount(webhook, lane.parcels.back());
    lane.parcels.pop_back();
    if (lane.parcels.empty()) webhook.lanes.erase(entry);
    webhook.has_changed = true;
    touch(longest->first);
    finish(webhook, std::move(done), DeliveryState::Dead, kQueueIsFull);
    return true;
  }
  return false;
}

// A burst that the receivers take away by themselves costs nobody anything.
void Outbox::keep_within_bounds(Now now) {
  if (size_ <= kOutboxMax) {
    overfull_since_.reset();
    return;
  }
  if (!overfull_since_) overfull_since_ = now.steady;
  if (now.steady - *overfull_since_ < kBurstLasts) return;
  while (size_ > kOutboxMax && give_way()) {
  }
}

// ---- what leaves
// -------------------------------------------------------------------------------------------------

// What may leave next, oldest first: the heads of all resting lanes. Of a webhook in trouble, the
// head that it has not seen for longest asks it in good time; one that is being probed gets only
// that. An event that has itself to blame asks last: its failure would say nothing.
std::vector<Outbox::Candidate> Outbox::candidates(const Webhook& webhook) {
  if (webhook.room() == 0) return {};
  const Duration earliest = webhook.ready();
  std::vector<Candidate> waiting;
  for (const auto& [key, lane] : webhook.lanes) {
    if (lane.in_flight > 0) continue;
    const auto& head = lane.parcels.front();
    waiting.push_back({head.delivery.sequence, &key, &head, std::max(head.due, earliest)});
  }
  take_turns(webhook, waiting);
  if (!webhook.is_asked() || waiting.empty()) return waiting;
  const auto asker = std::ranges::min_element(waiting, {}, [](const Candidate& candidate) {
    return std::pair{candidate.parcel->is_blamed, candidate.parcel->tried};
  });
  const Duration ask_at = std::max(webhook.ask_at, earliest);
  if (webhook.is_probed()) {
    asker->due = ask_at;
    return {*asker};
  }
  asker->due = std::min(asker->due, ask_at);
  return waiting;
}

// Endpoints take turns: the oldest of each, then the second of each, and so on; among equals first
// the one that was served longest ago. Whoever has itself to blame waits behind them all.
void Outbox::take_turns(const Webhook& webhook, std::vector<Candidate>& waiting) {
  std::ranges::sort(waiting, {}, [](const Candidate& candidate) {
    return std::pair{candidate.parcel->is_blamed, candidate.sequence};
  });
  if (webhook.waiting_of.size() < 2) return;
  struct Place {
    bool is_blamed;
    std::size_t rank;
    std::uint64_t served;
    std::uint64_t sequence;
    auto operator<=>(const Place&) const = default;
  };
  std::map<std::string_view, std::pair<std::size_t, std::uint64_t>> seen;
  std::vector<std::pair<Place, Candidate>> places;
  for (const auto& candidate : waiting) {
    const std::string& endpoint = candidate.parcel->event->endpoint;
    auto [entry, is_first] = seen.try_emplace(endpoint);
    if (is_first) {
      const auto served = webhook.served.find(endpoint);
      entry->second.second = served == webhook.served.end() ? 0 : served->second;
    }
    auto& [rank, served] = entry->second;
    places.push_back(
        {{candidate.parcel->is_blamed, rank++, served, candidate.sequence}, candidate});
  }
  std::ranges::sort(places, {}, &std::pair<Place, Candidate>::first);
  std::ranges::transform(places, waiting.begin(), &std::pair<Place, Candidate>::second);
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
  // Whose turn it is decides what comes along, and age in what order it is told.
  due.resize(std::min(due.size(), webhook.format->events_max));
  std::ranges::sort(due, {}, &Candidate::sequence);
  if (due.empty()) return due;
  const auto& only_to = due.front().parcel->only_to;
  const auto loner = std::ranges::find_if(due, [&](const auto& candidate) {
    return candidate.parcel->alone || candidate.parcel->only_to != only_to;
  });
  const auto together = loner == due.begin() ? 1 : static_cast<std::size_t>(loner - due.begin());
  due.resize(together);
  return due;
}

Outbox::Due Outbox::send(const std::string& name, Webhook& webhook,
                         const std::vector<Candidate>& group, Now now) {
  Due due{.key = next_key_++, .webhook = &*webhook.config, .events = {}};
  Sent sent{.webhook = name, .lanes = {}};
  for (const auto& candidate : group) {
    due.events.push_back(candidate.parcel->event);
    due.alert_ended = candidate.parcel->ended;
    due.only_to = candidate.parcel->only_to;
    ++sent.lanes[*candidate.lane];
    ++webhook.lanes.at(*candidate.lane).in_flight;
    if (webhook.waiting_of.size() > 1)
      webhook.served[candidate.parcel->event->endpoint] = ++webhook.turn;
  }
  ++webhook.in_flight;
  webhook.ask_at = std::max(webhook.ask_at, now.steady + kAskEvery);  // one asks at a time
  webhook.bucket.take(now.steady);
  if (webhook.pace.taken == 0 && webhook.pace.per_second == 0) webhook.pace.since = now.steady;
  if (webhook.pace.per_second > 0)
    webhook.pace.next =
        now.steady + Duration{static_cast<Duration::rep>(1e6 / webhook.pace.per_second)};
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
      if (webhook.room() > 0 && std::max(candidate.due, webhook.ready()) <= now.steady) {
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
  keep_within_bounds(now);
  for (auto& [name, webhook] : webhooks_) {
    if ((webhook.lanes.empty() && webhook.departures.empty()) || webhook.is_held) continue;
    if (now.steady >= webhook.next_burial) {
      webhook.next_burial = now.steady + kBuryEvery;
      finish_departures(webhook);
      bury_expired(name, webhook, now);
    }
    if (!webhook.config) continue;
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
  return first ? std::max(*first, webhook.ready()) : first;
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

// Beside a receiver that works an event is tried once more before it is given up: it may have
// waited for long because of others, or of a clock that was put forward.
bool Outbox::is_owed_a_try(const Webhook& webhook, const Parcel& parcel) {
  return webhook.config && !webhook.off && webhook.failures_in_row == 0 && !parcel.is_last_try;
}

std::string Outbox::why_it_waited(const Webhook& webhook, const Parcel& parcel) {
  if (!webhook.config) return "its webhook is no longer configured";
  return "last error: " + (webhook.off ? webhook.off->reason : parcel.delivery.last_error);
}

void Outbox::bury_expired(const std::string& name, Webhook& webhook, Now now) {
  for (auto entry = webhook.lanes.begin(); entry != webhook.lanes.end();) {
    Lane& lane = entry->second;
    while (lane.in_flight == 0 && !lane.parcels.empty()) {
      Parcel& head = lane.parcels.front();
      // An alert that lives is a present state, however old: its age counts from its end. With its
      // webhook gone nobody posts it any more.
      if (webhook.config && head.life && !head.life->ends) break;
      const Duration age = head.age_at(now.steady);
      if (std::min(age, head.ended_since(now.steady).value_or(age)) <= webhook.max_age) break;
      if (is_owed_a_try(webhook, head)) {
        head.is_last_try = true;
        head.due = now.steady;
        webhook.has_changed = true;
        break;
      }
      // Its last attempt waits for the receiver's pace only.
      if (head.is_last_try && webhook.failures_in_row == 0 && head.due <= now.steady) break;
      log::warn(
          "delivery expired",
          {{"webhook", name}, {"event", head.event->id}, {"last_error", head.delivery.last_error}});
      const auto why = why_it_waited(webhook, head);
      Delivery done = std::move(head.delivery);
      uncount(webhook, head);
      lane.parcels.pop_front();
      finish(webhook, std::move(done), DeliveryState::Dead, "expired after max_age; " + why);
      webhook.has_changed = true;
      touch(name);
    }
    entry = lane.parcels.empty() ? webhook.lanes.erase(entry) : std::next(entry);
  }
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
      parcel.is_blamed = false;
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
  std::erase_if(webhooks_[key.webhook].departures, [&](const Parcel& departure) {
    return departure.delivery.sequence == key.sequence;
  });
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
  uncount(webhooks_.at(key.webhook), *parcel);
  std::erase_if(lane->parcels,
                [&](const Parcel& each) { return each.delivery.sequence == key.sequence; });
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
  view.name = name;
  if (webhook.failures_in_row > 0) {
    view.status = webhook.is_misconfigured ? WebhookStatus::Misconfigured : WebhookStatus::Failing;
  }
  if (webhook.off) {
    view.status = WebhookStatus::Disabled;
    view.disabled_since = webhook.off->disabled;
  }
  if (!webhook.config) view.status = WebhookStatus::Removed;
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
