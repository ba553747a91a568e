#include "daemon/engine/engine.h"

#include <algorithm>
#include <array>
#include <map>

#include "daemon/core/event_json.h"
#include "daemon/core/glob.h"
#include "daemon/core/schedule.h"
#include "daemon/log/log.h"
#include "daemon/notify/notify.h"
#include "version.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// Last-good marks lag at most so long behind: after a crash the bounds of a move are that much wider, still true.
constexpr Duration kMarksEvery = 10s;
constexpr Duration kRetentionEvery = 1h;
constexpr Duration kCommitRetry = 1s;
// While the disk refuses, changes wait in memory; beyond this deciding pauses, and nothing is lost: the difference is still there
// later.
constexpr std::size_t kUnsavedEventsMax = 10'000;
// A delivery under way at shutdown gets so long; it is repeated after the next start anyway.
constexpr Duration kDrainDeliveries = 4s;
constexpr Duration kDrainAll = 8s;
// The first polls after a start: 100 a second, but within the interval.
constexpr Duration kFirstPollGap = 10ms;
// A provider that asks for air gets it, but not for ever.
constexpr Duration kRetryAfterMax = 1h;

const std::vector<double> kFineBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};

}  // namespace

Engine::Engine(Ports ports, Config config, std::uint64_t seed)
    : clock_(ports.clock), transport_(ports.transport), journal_(ports.journal), board_(ports.board), outbox_(seed) {
  daemon_.version = MODELVANE_VERSION;
  daemon_.started = daemon_.reload_success = clock_.wall();
  daemon_.poll_lateness = daemon_.loop_lag = daemon_.commit = Histogram{kFineBounds};
  daemon_.store_ok = false;
  daemon_.store_sentence = "the store is being opened";
  next_retention_ = next_marks_ = clock_.steady();
  configure(std::move(config));
}

// ---- configuration ------------------------------------------------------------------------------------------------------------

void Engine::configure(Config config) {
  instance_ = config.instance;
  source_ = "urn:modelvane:" + config.instance;
  daemon_.instance = config.instance;
  retention_ = config.retention;
  webhooks_ = config.webhooks;
  outbox_.configure(webhooks_);

  std::unordered_map<std::string, std::unique_ptr<Watch>> kept;
  for (auto& watch : watches_) kept.emplace(watch->endpoint.name(), std::move(watch));
  watches_.clear();
  index_.clear();
  schedule_.clear();
  const auto count = static_cast<Duration::rep>(config.endpoints.size());
  for (auto& endpoint : config.endpoints) {
    const auto found = kept.find(endpoint.name);
    if (found == kept.end()) {
      const Duration spread = std::min(endpoint.interval, kFirstPollGap * count);
      add_endpoint(std::move(endpoint), count == 1 ? Duration{0} : spread);
      continue;
    }
    index_.emplace(endpoint.name, watches_.size());
    watches_.push_back(std::move(found->second));
    kept.erase(found);
    Watch& watch = *watches_.back();
    if (!(watch.endpoint.config() == endpoint)) {
      cancel_poll(watch);  // its answer would be read in the new way
      watch.endpoint.reconfigure(std::move(endpoint));
      watch.due = clock_.steady();
    }
    if (watch.ticket == 0) schedule_.emplace(watch.due, watches_.size() - 1);
  }
  for (auto& [name, watch] : kept) {
    cancel_poll(*watch);
    loaded_.endpoints[name] = watch->endpoint.state();
  }

  std::vector<std::shared_ptr<const EndpointView>> endpoints;
  for (const auto& watch : watches_) endpoints.push_back(watch->endpoint.view());
  std::vector<std::shared_ptr<const WebhookView>> webhooks;
  for (const auto& webhook : webhooks_) webhooks.push_back(std::make_shared<const WebhookView>(outbox_.view(webhook.name)));
  board_.reset(std::move(endpoints), std::move(webhooks));
}

void Engine::cancel_poll(Watch& watch) {
  if (watch.ticket == 0) return;
  transport_.cancel(watch.ticket);
  under_way_.erase(watch.ticket);
  watch.ticket = 0;
  --polls_under_way_;
}

void Engine::add_endpoint(EndpointConfig config, Duration spread) {
  auto watch = std::make_unique<Watch>(Watch{.endpoint = {std::move(config), instance_}});
  const auto& name = watch->endpoint.name();
  const Time wall = clock_.wall();
  watch->due = clock_.steady() + (first_slot(name, spread, wall) - wall);
  if (is_loaded_) {
    // Seen in an earlier life of this process or of the config.
    const auto known = loaded_.endpoints.find(name);
    watch->endpoint.restore(known == loaded_.endpoints.end() ? EndpointState{} : known->second, {});
  }
  index_.emplace(name, watches_.size());
  schedule_.emplace(watch->due, watches_.size());
  watches_.push_back(std::move(watch));
}

void Engine::reload(Config config) {
  {
    const std::scoped_lock lock{control_mutex_};
    control_.config = std::move(config);
  }
  transport_.wake();
}

void Engine::note_reload_failure(std::string sentence) {
  {
    const std::scoped_lock lock{control_mutex_};
    control_.failure = std::move(sentence);
  }
  transport_.wake();
}

void Engine::take_control() {
  ControlBox control;
  {
    const std::scoped_lock lock{control_mutex_};
    std::swap(control, control_);
  }
  if (control.config) {
    configure(std::move(*control.config));
    daemon_.reload_ok = true;
    daemon_.reload_success = clock_.wall();
    daemon_.reload_sentence.clear();
    log::info("configuration loaded",
              {{"endpoints", std::to_string(watches_.size())}, {"webhooks", std::to_string(webhooks_.size())}});
  }
  if (control.failure) {
    daemon_.reload_ok = false;
    daemon_.reload_sentence = std::move(*control.failure);
  }
}

// ---- the store ----------------------------------------------------------------------------------------------------------------

void Engine::take_journal() {
  for (auto& result : journal_.take()) {
    if (auto* loaded = std::get_if<Loaded>(&result)) {
      on_loaded(std::move(*loaded));
    } else if (const auto* committed = std::get_if<JournalCommitted>(&result)) {
      on_committed(committed->took);
    } else {
      on_store_error(std::get<StoreError>(result));
    }
  }
}

void Engine::on_loaded(Loaded loaded) {
  is_loaded_ = true;
  daemon_.store_ok = true;
  daemon_.store_sentence.clear();
  last_sequence_ = loaded.last_sequence;
  std::unordered_map<std::string, EventCounts> counts;
  for (const auto& count : loaded.event_counts) counts[count.endpoint][static_cast<std::size_t>(count.type)] = count.count;
  for (auto& watch : watches_) {
    const auto known = loaded.endpoints.find(watch->endpoint.name());
    watch->endpoint.restore(known == loaded.endpoints.end() ? EndpointState{} : known->second, counts[watch->endpoint.name()]);
    publish(*watch);
  }
  outbox_.configure(webhooks_, loaded.dead_letters);
  for (auto& pending : loaded.pending) {
    outbox_.add(std::move(pending.delivery), std::make_shared<const StoredEvent>(std::move(pending.event)), now());
  }
  loaded.pending.clear();
  loaded_ = std::move(loaded);
}

// From here on every event of the batch is durable: now it may be shown and sent.
void Engine::on_committed(Duration took) {
  if (!commit_) return;
  daemon_.commit.observe(to_seconds(took));
  if (!daemon_.store_ok) log::info("the store works again");
  daemon_.store_ok = true;
  daemon_.store_sentence.clear();
  std::unordered_map<std::string, std::vector<EventType>> types;
  for (const auto& event : commit_->batch->events) types[event.endpoint].push_back(event.type);
  for (const auto& [name, state] : commit_->batch->states) {
    const auto found = index_.find(name);
    if (found == index_.end()) continue;
    Watch& watch = *watches_[found->second];
    watch.endpoint.show(state, types[name]);
    publish(watch);
  }
  for (auto& [delivery, event] : commit_->deliveries) outbox_.add(std::move(delivery), std::move(event), now());
  commit_.reset();
}

void Engine::on_store_error(const StoreError& error) {
  ++daemon_.store_errors;
  if (daemon_.store_ok || daemon_.store_sentence != error.sentence) log::error("store", {{"error", error.sentence}});
  daemon_.store_ok = false;
  daemon_.store_sentence = error.sentence;
  if (commit_) commit_->retry_at = clock_.steady() + kCommitRetry;
}

bool Engine::may_decide() const {
  return is_loaded_ && new_events_.size() < kUnsavedEventsMax;
}

bool Engine::has_urgent_changes() const {
  return !new_events_.empty() || !changed_.empty() || !delivery_changes_.empty();
}

void Engine::commit_what_is_due() {
  for (auto& change : outbox_.take_changes()) delivery_changes_.push_back(std::move(change));
  if (!is_loaded_) return;
  const Duration steady = clock_.steady();
  if (commit_) {
    if (commit_->retry_at && steady >= *commit_->retry_at) {
      commit_->retry_at.reset();
      journal_.submit(commit_->batch);
    }
    return;
  }
  const bool marks_due = !marked_.empty() && (steady >= next_marks_ || is_shutting_down_);
  if (!has_urgent_changes() && !marks_due && steady < next_retention_) return;
  commit_.emplace();
  commit_->batch = make_batch(*commit_);
  journal_.submit(commit_->batch);
}

std::shared_ptr<const Batch> Engine::make_batch(Commit& commit) {
  auto batch = std::make_shared<Batch>();
  const Duration steady = clock_.steady();
  for (const auto& name : changed_) {
    if (const auto found = index_.find(name); found != index_.end()) {
      batch->states.emplace_back(name, watches_[found->second]->endpoint.state());
    }
    marked_.erase(name);
  }
  changed_.clear();
  if (steady >= next_marks_ || is_shutting_down_) {
    for (const auto& name : marked_) {
      const auto found = index_.find(name);
      if (found != index_.end()) batch->good_marks.emplace_back(name, *watches_[found->second]->endpoint.state().last_good);
    }
    marked_.clear();
    next_marks_ = steady + kMarksEvery;
  }
  if (steady >= next_retention_) {
    batch->forget_before = clock_.wall() - retention_;
    next_retention_ = steady + kRetentionEvery;
  }
  // First the verdicts, then the new deliveries: a row is never in a batch twice.
  batch->deliveries = std::exchange(delivery_changes_, {});
  add_events(*batch, commit);
  return batch;
}

void Engine::add_events(Batch& batch, Commit& commit) {
  const Time wall = clock_.wall();
  for (auto& event : new_events_) {
    event.sequence = ++last_sequence_;
    auto stored = std::make_shared<StoredEvent>(StoredEvent{.sequence = event.sequence,
                                                            .id = event.id,
                                                            .type = event.type,
                                                            .endpoint = event.endpoint,
                                                            .alias = event.about(),
                                                            .time = event.time,
                                                            .json = to_cloudevent(event, source_)});
    for (const auto& webhook : webhooks_) {
      if (!wants(webhook, *stored)) continue;
      Delivery delivery;
      delivery.sequence = event.sequence;
      delivery.webhook = webhook.name;
      delivery.created = delivery.next_attempt = wall;
      batch.deliveries.push_back(delivery);
      commit.deliveries.emplace_back(std::move(delivery), stored);
    }
    log::info(
        "event",
        {{"type", std::string{name(event.type)}}, {"subject", event.subject()}, {"id", event.id}, {"summary", event.summary}});
    batch.events.push_back(*stored);
  }
  new_events_.clear();
}

bool Engine::wants(const WebhookConfig& webhook, const StoredEvent& event) const {
  const auto any = [](const std::vector<std::string>& globs, std::string_view text) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return glob_matches(glob, text); });
  };
  return any(webhook.events, name(event.type)) && any(webhook.endpoints, event.endpoint);
}

// ---- polls --------------------------------------------------------------------------------------------------------------------

void Engine::start_polls() {
  const Duration steady = clock_.steady();
  while (!is_shutting_down_ && polls_under_way_ < kPollsAtOnce && !schedule_.empty() && schedule_.begin()->first <= steady) {
    const auto [due, index] = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    daemon_.poll_lateness.observe(to_seconds(steady - due));
    start_poll(*watches_[index]);
  }
}

void Engine::start_poll(Watch& watch) {
  auto request = poll_request(watch.endpoint.config());
  if (!request) {
    settle_outcome(watch, watch.endpoint.fail({.reason = Reason::Auth, .sentence = std::move(request.error())}, clock_.wall(),
                                              may_decide()));
    return;
  }
  watch.ticket = next_ticket_++;
  ++polls_under_way_;
  under_way_.emplace(watch.ticket, Work{.endpoint = watch.endpoint.name(), .started = clock_.steady()});
  transport_.start(watch.ticket, std::move(*request));
}

void Engine::finish_poll(Watch& watch, HttpResult result) {
  watch.ticket = 0;
  --polls_under_way_;
  settle_outcome(watch, watch.endpoint.finish(std::move(result), clock_.wall(), may_decide()));
}

void Engine::settle_outcome(Watch& watch, EndpointWatch::Outcome outcome) {
  for (auto& event : outcome.events) new_events_.push_back(std::move(event));
  if (outcome.must_persist) changed_.insert(watch.endpoint.name());
  if (outcome.has_mark) marked_.insert(watch.endpoint.name());
  schedule(watch, outcome.retry_after);
  publish(watch);
}

void Engine::schedule(Watch& watch, std::optional<Duration> retry_after) {
  const Time wall = clock_.wall();
  Time next = next_slot(watch.endpoint.name(), watch.endpoint.config().interval, wall);
  if (const auto sooner = watch.endpoint.wants_poll_at(wall)) next = std::min(next, *sooner);
  if (retry_after) next = std::max(next, wall + std::min(*retry_after, kRetryAfterMax));
  set_due(watch, clock_.steady() + (next - wall));
}

void Engine::set_due(Watch& watch, Duration due) {
  watch.due = due;
  schedule_.emplace(due, index_.at(watch.endpoint.name()));
}

// ---- deliveries ---------------------------------------------------------------------------------------------------------------

void Engine::start_deliveries() {
  if (is_shutting_down_) return;
  for (const auto& due : outbox_.take_due(now())) {
    auto request =
        make_request(*due.webhook, std::array{due.event.get()}, {.external_url = "", .instance = instance_}, clock_.wall());
    if (!request) {
      const Verdict verdict{.kind = VerdictClass::Config, .sentence = std::move(request.error()), .retry_after = std::nullopt};
      outbox_.verdict(due.key, verdict, std::nullopt, now());
      continue;
    }
    const auto ticket = next_ticket_++;
    under_way_.emplace(ticket, Work{.endpoint = "",
                                    .delivery_key = due.key,
                                    .webhook = std::make_shared<const WebhookConfig>(*due.webhook),
                                    .started = clock_.steady()});
    transport_.start(ticket, std::move(*request));
  }
}

void Engine::finish_delivery(const Work& work, const HttpResult& result) {
  outbox_.verdict(work.delivery_key, judge(*work.webhook, result, clock_.wall()), clock_.steady() - work.started, now());
}

void Engine::complete(Completion completion) {
  const auto found = under_way_.find(completion.ticket);
  if (found == under_way_.end()) return;
  const Work work = std::move(found->second);
  under_way_.erase(found);
  if (work.delivery_key != 0) return finish_delivery(work, completion.result);
  if (const auto watch = index_.find(work.endpoint); watch != index_.end())
    finish_poll(*watches_[watch->second], std::move(completion.result));
}

// ---- the loop -----------------------------------------------------------------------------------------------------------------

Duration Engine::time_to_next(Duration longest) const {
  const Duration steady = clock_.steady();
  Duration until = steady + longest;
  if (!is_shutting_down_) {
    if (!schedule_.empty() && polls_under_way_ < kPollsAtOnce) until = std::min(until, schedule_.begin()->first);
    if (const auto due = outbox_.next_due()) until = std::min(until, *due);
  }
  if (commit_ && commit_->retry_at) until = std::min(until, *commit_->retry_at);
  if (!commit_ && is_loaded_ && !marked_.empty()) until = std::min(until, next_marks_);
  return std::max(until - steady, Duration{0});
}

void Engine::turn(Duration longest) {
  completions_.clear();
  transport_.wait(time_to_next(longest), completions_);
  const Duration begun = clock_.steady();
  turns_.fetch_add(1, std::memory_order_relaxed);
  take_control();
  take_journal();
  for (auto& completion : completions_) complete(std::move(completion));
  start_polls();
  start_deliveries();
  commit_what_is_due();
  publish_webhooks();
  daemon_.loop_lag.observe(to_seconds(clock_.steady() - begun));
  publish_daemon();
}

void Engine::begin_shutdown() {
  is_shutting_down_ = true;
  for (auto work = under_way_.begin(); work != under_way_.end();) {
    if (work->second.delivery_key != 0) {
      ++work;
      continue;
    }
    transport_.cancel(work->first);
    work = under_way_.erase(work);
    --polls_under_way_;
  }
}

bool Engine::is_quiet() const {
  return under_way_.empty() && !commit_ && !has_urgent_changes() && marked_.empty();
}

void Engine::run(const std::stop_token& stop) {
  const std::stop_callback wake_on_stop{stop, [this] { transport_.wake(); }};
  while (!stop.stop_requested()) turn(1s);
  begin_shutdown();
  const Duration begun = clock_.steady();
  bool gave_back = false;
  while (clock_.steady() - begun < kDrainAll) {
    turn(100ms);
    if (is_quiet()) return;
    if (!gave_back && clock_.steady() - begun >= kDrainDeliveries) {
      gave_back = true;
      for (const auto& [ticket, work] : std::exchange(under_way_, {})) {
        transport_.cancel(ticket);
        outbox_.give_back(work.delivery_key);
      }
    }
    if (!daemon_.store_ok && under_way_.empty()) break;
  }
  if (!is_quiet()) log::warn("stopped with changes that the store did not take; they will be found again after the next start");
}

// ---- what is shown ------------------------------------------------------------------------------------------------------------

void Engine::publish(const Watch& watch) {
  board_.publish_endpoint(index_.at(watch.endpoint.name()), watch.endpoint.view());
}

void Engine::publish_webhooks() {
  for (const auto& name : outbox_.take_touched()) {
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
      if (webhooks_[i].name == name) board_.publish_webhook(i, std::make_shared<const WebhookView>(outbox_.view(name)));
    }
  }
}

void Engine::publish_daemon() {
  daemon_.polls_in_flight = polls_under_way_;
  daemon_.deliveries_in_flight = outbox_.in_flight();
  board_.publish_daemon(daemon_);
}

}  // namespace modelvane
