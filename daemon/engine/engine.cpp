#include "daemon/engine/engine.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "daemon/engine/observe.h"
#include "daemon/engine/schedule.h"
#include "daemon/log/log.h"
#include "daemon/notify/notify.h"
#include "daemon/text/hash.h"
#include "revision.h"
#include "version.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// A delivery under way at shutdown gets so long; it is repeated after the next start anyway.
constexpr Duration kDrainDeliveries = 4s;
constexpr Duration kDrainAll = 8s;
const HistogramBounds kFineBounds{
    {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5}};

// The view of the cluster has lists of names, which need not be made a thousand times a second.
constexpr Duration kLookAtClusterEvery = 500ms;

// A key in a file that was mended counts so much later at most.
constexpr Duration kLookAtSecretsEvery = 5s;

std::int64_t address_of(const WebhookConfig& webhook) {
  return static_cast<std::int64_t>(stable_hash(identity_of(webhook)));
}

}  // namespace

Engine::Engine(Ports ports, Config config, std::uint64_t seed)
    : clock_(ports.clock),
      transport_(ports.transport),
      commit_queue_(ports.commit_queue),
      board_(ports.board),
      external_url_(std::move(ports.external_url)),
      outbox_(seed),
      polls_(ports.transport, tickets_),
      deliveries_(ports.clock, ports.transport, tickets_, outbox_),
      connectivity_(ports.clock, ports.transport, tickets_, std::move(ports.has_network)),
      uncommitted_(ports.commit_queue),
      turns_(std::move(ports.turns)) {
  daemon_.version = MODELVANE_VERSION;
  daemon_.revision = MODELVANE_REVISION;
  daemon_.started = daemon_.reload_success = clock_.wall();
  daemon_.poll_lateness = daemon_.loop_lag = daemon_.commit = Histogram{kFineBounds};
  daemon_.store_ok = false;
  daemon_.store_sentence = "the store is being opened";
  configure(std::move(config));
}

// ---- configuration
// -------------------------------------------------------------------------------------------------

// Nothing is told before the store has said what it keeps.
void Engine::name_instance(const std::string& name) {
  instance_ = name;
  source_ = "urn:modelvane:" + name;
  daemon_.instance = name;
  for (const auto& watch : watches_) watch->endpoint.name_instance(name);
}

void Engine::configure(Config config) {
  if (config.postgres) config_ = config;
  is_instance_given_ = !config.instance.empty();
  name_instance(is_instance_given_ ? config.instance : kept_instance_);
  daemon_.read_only_users =
      std::make_shared<const std::vector<std::string>>(std::move(config.read_only_users));
  retention_ = config.retention;
  transport_.set_egress(config.egress);
  webhooks_ = config.webhooks;
  std::vector<Outbox::Addressed> addressed;
  for (const auto& webhook : webhooks_) addressed.push_back({webhook, address_of(webhook)});
  outbox_.configure(addressed, now());
  plan_heartbeats();

  watch_endpoints(config);
  connectivity_.configure(std::move(config.connectivity_targets));
  plan_maintenance(std::move(config.maintenance));
  std::vector<std::shared_ptr<const EndpointView>> endpoints;
  for (const auto& watch : watches_) endpoints.push_back(watch->endpoint.view());
  std::vector<std::shared_ptr<const WebhookView>> webhooks;
  for (const auto& webhook : webhooks_)
    webhooks.push_back(std::make_shared<const WebhookView>(outbox_.view(webhook.name)));
  board_.reset(std::move(endpoints), std::move(webhooks));
}

// Those that are ours of the configuration: new ones, changed ones, the same, and who has left.
void Engine::watch_endpoints(const Config& config) {
  std::unordered_map<std::string, std::unique_ptr<Watch>> kept;
  for (auto& watch : watches_) kept.emplace(watch->endpoint.name(), std::move(watch));
  watches_.clear();
  by_name_.clear();
  schedule_.clear();
  stand_ins_.clear();
  ends_.keep(config.endpoints);
  Endpoints ours;
  std::ranges::copy_if(config.endpoints, std::back_inserter(ours), [&](const auto& endpoint) {
    return ownership_.has_endpoint(endpoint->name);
  });
  expect_answers_of(ours);
  const auto count = static_cast<Duration::rep>(ours.size());
  for (const auto& endpoint : ours) {
    const auto found = kept.find(endpoint->name);
    if (found == kept.end()) {
      if (uncommitted_.is_open()) {
        if (const auto old = kept.extract(endpoint->was)) {
          cancel_poll(*old.mapped());
          unwatched_[endpoint->was].state = old.mapped()->endpoint.state();
        }
        take_over_past(endpoint->name, endpoint->was);
      }
      const Duration spread = std::min(endpoint->interval, kFirstPollGap * count);
      add_endpoint(endpoint, count == 1 ? Duration{0} : spread);
      continue;
    }
    Watch& watch = *found->second;
    place(std::move(found->second));
    kept.erase(found);
    if (!(watch.endpoint.config() == endpoint)) {
      cancel_poll(watch);  // its answer would be read in the new way
      watch.endpoint.reconfigure(endpoint, !uncommitted_.holds_state(watch.endpoint.name()));
      watch.host = host_of(watch.endpoint.config()->url);
      watch.due = clock_.steady();
    }
    if (watch.ticket == 0) set_due(watch, watch.due);
  }
  for (auto& [name, watch] : kept) {
    cancel_poll(*watch);
    // Before the store is open nothing is known of it; on_loaded() sees that it has left.
    if (!uncommitted_.is_open() || !ownership_.has_endpoint(name)) continue;
    note_departure(name, watch->endpoint.leave(clock_.wall()));
    unwatched_[name].state = watch->endpoint.state();
  }
}

// What tells a network of ours that is gone from hosts that are.
void Engine::expect_answers_of(const Endpoints& endpoints) {
  Duration window{0};
  std::set<std::string> hosts;
  for (const auto& endpoint : endpoints) {
    if (endpoint->is_paused) continue;
    window = std::max(window, endpoint->interval + endpoint->timeout);
    hosts.insert(name_of_host(host_of(endpoint->url)));
  }
  isolation_.configure(window, hosts);
}

void Engine::cancel_poll(Watch& watch) {
  if (watch.ticket == 0) return;
  polls_.cancel(watch);
  schedule_.release(watch.host, watch.standing);
}

void Engine::add_endpoint(Shared<EndpointConfig> config, Duration spread) {
  auto watch = std::make_unique<Watch>(Watch{.endpoint = {std::move(config), instance_, &ends_}});
  const auto& name = watch->endpoint.name();
  const Time wall = clock_.wall();
  watch->due = clock_.steady() + (first_slot(name, spread, wall) - wall);
  if (uncommitted_.is_open()) restore(*watch);
  watch->host = host_of(watch->endpoint.config()->url);
  place(std::move(watch));
  set_due(*watches_.back(), watches_.back()->due);
}

// At the next place in the order of the config.
void Engine::place(std::unique_ptr<Watch> watch) {
  watch->index = watches_.size();
  by_name_.emplace(watch->endpoint.name(), watch.get());
  watches_.push_back(std::move(watch));
}

std::uint64_t Engine::reload(Config config) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock{control_mutex_};
    control_.config = std::move(config);
    control_.failure.reset();
    number = ++control_asked_;
  }
  transport_.wake();
  return number;
}

std::uint64_t Engine::note_reload_failure(std::string sentence) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock{control_mutex_};
    // An earlier configuration that waits is still good.
    control_.failure = std::move(sentence);
    number = ++control_asked_;
  }
  transport_.wake();
  return number;
}

void Engine::poll_now(std::string endpoint) {
  {
    const std::scoped_lock lock{control_mutex_};
    control_.polls.insert(std::move(endpoint));
  }
  transport_.wake();
}

bool Engine::wait_until_shown(std::uint64_t number, Duration longest) const {
  std::unique_lock lock{control_mutex_};
  return control_shown_changed_.wait_for(lock, longest, [&] { return control_shown_ >= number; });
}

void Engine::take_control() {
  ControlBox control;
  {
    const std::scoped_lock lock{control_mutex_};
    std::swap(control, control_);
    control_taken_ = control_asked_;
  }
  if (control.config) {
    log_changes(*control.config);
    configure(std::move(*control.config));
    daemon_.reload_ok = true;
    daemon_.reload_success = clock_.wall();
    daemon_.reload_sentence.clear();
    log::info("configuration loaded", {{"endpoints", std::to_string(watches_.size())},
                                       {"webhooks", std::to_string(webhooks_.size())}});
    poll_all_soon();
  }
  for (const auto& name : control.polls) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) poll_soon(*found->second);
  }
  if (control.failure) {
    daemon_.reload_ok = false;
    daemon_.reload_sentence = std::move(*control.failure);
  }
}

// ---- the store
// -------------------------------------------------------------------------------------------------

void Engine::take_results() {
  for (auto& result : commit_queue_.take()) {
    if (auto* loaded = std::get_if<Loaded>(&result)) {
      on_loaded(std::move(*loaded));
    } else if (auto* committed = std::get_if<BatchCommitted>(&result)) {
      on_committed(std::move(*committed));
    } else if (auto* news = std::get_if<StoreNews>(&result)) {
      on_news(std::move(*news));
    } else {
      on_store_error(std::get<StoreError>(result));
    }
  }
}

// At the start, after a session that ended, and for shards that are ours from now on.
void Engine::on_loaded(Loaded loaded) {
  daemon_.store_ok = true;
  daemon_.store_sentence.clear();
  if (!uncommitted_.is_open()) uncommitted_.open(loaded, clock_.wall(), clock_.steady());
  if (loaded.shards > 1)
    log::info("shards taken over", {{"shards", std::to_string(loaded.owned.size())},
                                    {"of", std::to_string(loaded.shards)}});
  if (!loaded.instance.empty()) kept_instance_ = std::move(loaded.instance);
  if (!is_instance_given_) name_instance(kept_instance_);
  note_last_event(loaded.last_sequence);
  forget_what_comes_again(loaded.owned);
  ownership_.gain(loaded.owned, loaded.shards);
  approved_.merge(loaded.pins);
  time_book_.open(std::move(loaded.past));
  std::vector<std::string> known;
  for (auto& [name, state] : loaded.endpoints) {
    known.push_back(name);
    unwatched_[name].state = std::move(state);
  }
  for (const auto& count : loaded.event_counts)
    unwatched_[count.endpoint].counts[static_cast<std::size_t>(count.type)] = count.count;
  if (config_.postgres) configure(config_);  // what is not ours goes, what is ours comes
  for (const auto& watch : watches_) {
    if (!watch->is_restored) take_over_past(watch->endpoint.name(), watch->endpoint.config()->was);
  }
  for (const auto& watch : watches_) {
    if (watch->is_restored) continue;
    restore(*watch);
    publish(*watch);
  }
  outbox_.restore_told(loaded.failing_webhooks, now());
  outbox_.restore(std::move(loaded.pending), loaded.dead_letters, loaded.webhook_switches, now());
  note_departures_before_start(known);
}

// What is known of it from an earlier life of this process or of the configuration.
void Engine::restore(Watch& watch) {
  const auto& name = watch.endpoint.name();
  watch.is_restored = true;
  watch.endpoint.approve(approved_[name]);
  auto found = unwatched_.extract(name);
  auto known = found.empty() ? Known{} : std::move(found.mapped());
  watch.endpoint.restore(std::move(known.state), known.counts, clock_.wall());
  watch.endpoint.show_past(time_book_.shown(name));
}

// From here on every event of the batch is durable: now it may be shown and sent.
void Engine::on_committed(BatchCommitted news) {
  auto commit = uncommitted_.succeeded();
  if (!commit) return;
  daemon_.commit.observe(to_seconds(news.took));
  if (!daemon_.store_ok) log::info("the store works again");
  daemon_.store_ok = true;
  daemon_.store_sentence.clear();
  note_last_event(news.report.last_sequence);
  std::unordered_map<std::string, std::vector<EventType>> types;
  for (const auto& [event, ordinal, webhooks] : commit->batch->events)
    types[event.endpoint].push_back(event.type);
  for (const auto& [name, state] : commit->batch->states) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) continue;
    Watch& watch = *found->second;
    watch.endpoint.show(state, types[name]);
    publish(watch);
  }
  show_past(*commit->batch);
  for (const auto& [webhook, count] : news.report.forgotten_dead)
    outbox_.forget_dead(webhook, count);
  for (auto* deliveries : {&commit->again, &news.report.deliveries}) {
    for (auto& [delivery, event] : *deliveries)
      outbox_.add(std::move(delivery), std::move(event), now());
  }
  if (!commit->batch->released.empty()) finish_release();
}

void Engine::note_last_event(std::uint64_t sequence) {
  daemon_.last_event = std::max(daemon_.last_event.value_or(0), sequence);
}

void Engine::on_news(StoreNews news) {
  if (news.gained) on_loaded(std::move(*news.gained));
  if (news.last_sequence) note_last_event(*news.last_sequence);
  for (auto& [delivery, event] : news.deliveries)
    outbox_.add(std::move(delivery), std::move(event), now());
  for (const auto& task : news.requests) carry_out(task);
  if (!news.wanted.empty()) begin_release(std::move(news.wanted));
}

void Engine::on_store_error(const StoreError& error) {
  ++daemon_.store_errors;
  if (daemon_.store_ok || daemon_.store_sentence != error.sentence)
    log::error("store", {{"error", error.sentence}});
  daemon_.store_ok = false;
  daemon_.store_sentence = error.sentence;
  if (error.kind == StoreError::Kind::Fenced) return lose_session();
  uncommitted_.failed(clock_.steady());
}

bool Engine::may_decide() const {
  return uncommitted_.is_open() && !uncommitted_.is_full();
}

const EndpointState* Engine::state_of(const std::string& endpoint) const {
  const auto found = by_name_.find(endpoint);
  return found == by_name_.end() ? nullptr : &found->second->endpoint.state();
}

void Engine::commit_what_is_due() {
  uncommitted_.note(outbox_.take_changes());
  uncommitted_.note(outbox_.take_switches());
  uncommitted_.submit_what_is_due(
      {.steady = clock_.steady(),
       .wall = clock_.wall(),
       .source = source_,
       .retention = retention_,
       .webhooks = webhooks_,
       .state_of = [this](const auto& name) { return state_to_keep(name); },
       .past_of =
           [this](const auto& name) {
             return time_book_.take(name, clock_.steady(), is_shutting_down_ || leaving_);
           },
       .hurries = is_shutting_down_});
}

// ---- deliveries
// -------------------------------------------------------------------------------------------------

// Files change without a reload.
void Engine::look_at_secrets() {
  const Duration steady = clock_.steady();
  if (steady < look_at_secrets_at_) return;
  look_at_secrets_at_ = steady + kLookAtSecretsEvery;
  for (const auto& webhook : webhooks_) {
    if (outbox_.is_in_trouble(webhook.name))
      outbox_.note_address(webhook.name, address_of(webhook), now());
  }
  look_at_keys();
}

void Engine::start_deliveries() {
  if (is_shutting_down_) return;
  look_at_secrets();
  if (clock_.steady() >= commit_queue_.trusted_until()) return;
  deliveries_.start({.external_url = external_url_, .instance = instance_});
}

void Engine::complete(const Completion& completion) {
  if (Watch* watch = polls_.complete(completion.ticket)) {
    watch->endpoint.take(completion.result, clock_.wall());
    continue_poll(*watch);
  } else if (const auto ended = deliveries_.complete(completion)) {
    if (ended->was_accepted_in_public) isolation_.note_accepted(clock_.steady());
  } else if (connectivity_.complete(completion)) {
    hurry_out_of_reach();
  }
}

bool Engine::has_work_under_way() const {
  return polls_.count() > 0 || !deliveries_.empty() || !connectivity_.empty();
}

// ---- the loop
// -------------------------------------------------------------------------------------------------

Duration Engine::time_to_next(Duration longest) const {
  const Duration steady = clock_.steady();
  Duration until = steady + longest;
  if (!is_shutting_down_) {
    if (const auto due = schedule_.next_due(); due && polls_.have_room())
      until = std::min(until, *due);
    if (!stand_ins_.empty()) until = std::min(until, stand_ins_.begin()->first);
    if (const auto due = outbox_.next_due(); due && steady < commit_queue_.trusted_until())
      until = std::min(until, *due);
  }
  if (const auto due = uncommitted_.next_due()) until = std::min(until, *due);
  return std::max(until - steady, Duration{0});
}

void Engine::turn(Duration longest) {
  completions_.clear();
  transport_.wait(time_to_next(longest), completions_);
  const Duration begun = clock_.steady();
  turns_->fetch_add(1, std::memory_order_relaxed);
  take_control();
  take_results();
  follow_maintenance();
  for (const auto& completion : completions_) complete(completion);
  start_polls();
  stand_in_for_polls();
  continue_release();
  start_deliveries();
  tell_of_webhooks();
  beat();
  end_drills();
  commit_what_is_due();
  publish_webhooks();
  daemon_.loop_lag.observe(to_seconds(clock_.steady() - begun));
  publish_daemon();
}

void Engine::begin_shutdown() {
  is_shutting_down_ = true;
  polls_.cancel_all();
  connectivity_.cancel();
  stop_time();
}

bool Engine::is_quiet() const {
  return !has_work_under_way() && uncommitted_.is_settled();
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
      deliveries_.give_back([](const std::string&) { return true; });
    }
    if (!daemon_.store_ok && !has_work_under_way()) break;
  }
  if (!is_quiet())
    log::warn(
        "stopped with changes that the store did not take; they will be found again after the next "
        "start");
}

// ---- what is shown
// -------------------------------------------------------------------------------------------------

void Engine::publish(Watch& watch) {
  board_.publish_endpoint(watch.index, watch.endpoint.view());
}

void Engine::publish_webhooks() {
  for (const auto& name : outbox_.take_touched())
    board_.publish_webhook(std::make_shared<const WebhookView>(outbox_.view(name)));
}

void Engine::publish_daemon() {
  daemon_.polls_in_flight = polls_.count();
  daemon_.deliveries_in_flight = outbox_.in_flight();
  if (config_.postgres && clock_.steady() >= look_at_cluster_at_) {
    look_at_cluster_at_ = clock_.steady() + kLookAtClusterEvery;
    look_at_cluster();
  }
  board_.publish_daemon(daemon_);
  {
    const std::scoped_lock lock{control_mutex_};
    if (control_shown_ == control_taken_) return;
    control_shown_ = control_taken_;
  }
  control_shown_changed_.notify_all();
}

}  // namespace modelvane
