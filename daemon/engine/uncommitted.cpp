#include "daemon/engine/uncommitted.h"

#include <algorithm>
#include <iterator>

#include "daemon/events/event_json.h"
#include "daemon/log/log.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// Last-good marks lag at most so long behind: after a crash the bounds of a move are that much
// wider, still true.
constexpr Duration kMarksEvery = 10s;
constexpr Duration kRetentionEvery = 1h;
constexpr Duration kCommitRetry = 1s;
// Beyond this deciding pauses, and nothing is lost: the difference is still there later.
constexpr std::size_t kUnsavedEventsMax = 10'000;

template <typename Value>
void append(std::vector<Value>& to, std::vector<Value> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool any(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return glob_matches(glob, text); });
}

// An event of an endpoint as a whole concerns all its aliases; one of a model those that point to
// it, too.
bool is_about_wanted_alias(const WebhookConfig& webhook, const Event& event) {
  if (webhook.aliases.empty() || (event.alias.empty() && event.model.empty())) return true;
  return any(webhook.aliases, event.about()) ||
         std::ranges::any_of(event.aliases,
                             [&](const auto& alias) { return any(webhook.aliases, alias); });
}

// The labels of an endpoint that left while no daemon ran are not known any more.
bool has_wanted_labels(const WebhookConfig& webhook, const Event& event) {
  if (is_unwatched(event.type) && event.labels.empty()) return true;
  return labels_match(webhook.labels, event.labels);
}

bool wants(const WebhookConfig& webhook, const Event& event) {
  const auto* format = find_format(webhook.format);
  const bool is_for_people = format != nullptr && format->is_for_people;
  // An event of the daemon itself belongs to no endpoint. Nobody is told of his own trouble: it
  // would only wait behind it.
  const bool is_in_reach = event.endpoint.empty() || (any(webhook.endpoints, event.endpoint) &&
                                                      is_about_wanted_alias(webhook, event) &&
                                                      has_wanted_labels(webhook, event));
  if (!is_in_reach || event.webhook == webhook.name || (is_for_people && event.is_in_flood))
    return false;
  const auto wants_one_of = [&](const std::vector<EventType>& types) {
    return std::ranges::any_of(types,
                               [&](EventType type) { return any(webhook.events, name(type)); });
  };
  // Whoever was told of a beginning, and holds it open, hears of its end in any case.
  const bool holds_it = format != nullptr && format->holds_states && is_unwatched(event.type) &&
                        (format->is_state || wants_one_of(event.ended));
  return any(webhook.events, name(event.type)) || holds_it ||
         (is_for_people && wants_one_of(event.flood));
}

}  // namespace

void Uncommitted::open(const Loaded& loaded, Time wall, Duration steady) {
  is_open_ = true;
  session_ = loaded.session;
  last_batch_ = 0;
  retention_clock_.open(loaded.reached, wall, steady);
  next_marks_ = next_retention_ = steady;
}

void Uncommitted::close() {
  is_open_ = false;
  events_.clear();
  states_.clear();
  marks_.clear();
  pasts_.clear();
  changes_.clear();
  again_.clear();
  dropped_.clear();
  switches_.clear();
  pins_.clear();
  answers_.clear();
  released_.clear();
  under_way_.reset();
}

void Uncommitted::note(std::vector<Delivery> changes) {
  append(changes_, std::move(changes));
}

void Uncommitted::note(std::vector<WebhookSwitch> switches) {
  append(switches_, std::move(switches));
}

void Uncommitted::note_dropped(const DeliveryKey& key) {
  // What was noted of it before would bring it back.
  std::erase_if(changes_, [&](const Delivery& change) {
    return change.sequence == key.sequence && change.webhook == key.webhook;
  });
  dropped_.push_back(key);
}

void Uncommitted::note_released(const std::vector<Shard>& shards) {
  append(released_, shards);
}

bool Uncommitted::is_full() const {
  return events_.size() >= kUnsavedEventsMax;
}

bool Uncommitted::holds_state(const std::string& endpoint) const {
  if (states_.contains(endpoint)) return true;
  return under_way_ &&
         std::ranges::any_of(under_way_->commit.batch->states,
                             [&](const auto& state) { return state.first == endpoint; });
}

bool Uncommitted::has_urgent() const {
  return !events_.empty() || !states_.empty() || !changes_.empty() || !again_.empty() ||
         !dropped_.empty() || !switches_.empty() || !pins_.empty() || !answers_.empty() ||
         !released_.empty();
}

std::optional<Duration> Uncommitted::next_due() const {
  if (under_way_) return under_way_->retry_at;
  if (!is_open_ || !has_lagging()) return std::nullopt;
  return next_marks_;
}

void Uncommitted::submit_what_is_due(const Sources& sources) {
  if (!is_open_) return;
  if (under_way_) {
    if (!under_way_->retry_at || sources.steady < *under_way_->retry_at) return;
    under_way_->retry_at.reset();
    return commit_queue_.submit(under_way_->commit.batch);
  }
  const bool marks_due = has_lagging() && (sources.steady >= next_marks_ || hurries(sources));
  if (!has_urgent() && !marks_due && sources.steady < next_retention_) return;
  under_way_.emplace();
  under_way_->commit.again = std::exchange(again_, {});
  under_way_->commit.batch = make_batch(sources);
  commit_queue_.submit(under_way_->commit.batch);
}

std::shared_ptr<const Batch> Uncommitted::make_batch(const Sources& sources) {
  auto batch = std::make_shared<Batch>();
  batch->session = session_;
  batch->number = ++last_batch_;
  batch->at = sources.wall;
  for (const auto& name : std::exchange(states_, {})) {
    if (const auto* state = sources.state_of(name)) batch->states.emplace_back(name, *state);
    marks_.erase(name);
  }
  add_marks(*batch, sources);
  if (sources.steady >= next_retention_) {
    const Time own = retention_clock_.at(sources.wall, sources.steady);
    batch->forget_before = own - sources.retention;
    batch->forget_hours_before = own - kHoursKept;
    batch->reached = retention_clock_.reached(sources.wall, sources.steady);
    next_retention_ = sources.steady + kRetentionEvery;
  }
  batch->dropped = std::exchange(dropped_, {});
  batch->webhook_switches = std::exchange(switches_, {});
  batch->pins = std::exchange(pins_, {});
  batch->answers = std::exchange(answers_, {});
  // First the verdicts, then what begins: of one delivery the last word counts.
  batch->deliveries = std::exchange(changes_, {});
  for (const auto& [delivery, event] : under_way_->commit.again)
    batch->deliveries.push_back(delivery);
  add_events(*batch, sources);
  batch->released = std::exchange(released_, {});
  return batch;
}

void Uncommitted::add_marks(Batch& batch, const Sources& sources) {
  if (sources.steady < next_marks_ && !hurries(sources)) return;
  for (const auto& name : std::exchange(marks_, {})) {
    const auto* state = sources.state_of(name);
    if (state != nullptr && state->last_good)
      batch.good_marks.emplace_back(name, *state->last_good);
  }
  for (const auto& name : std::exchange(pasts_, {})) batch.past.push_back(sources.past_of(name));
  next_marks_ = sources.steady + kMarksEvery;
}

void Uncommitted::add_events(Batch& batch, const Sources& sources) {
  for (auto& [event, chosen] : std::exchange(events_, {})) {
    NewEvent fresh{.event = {.sequence = 0,
                             .id = event.id,
                             .type = event.type,
                             .endpoint = event.endpoint,
                             .alias = event.about(),
                             .time = event.time,
                             .json = to_cloudevent(event, sources.source)},
                   .ordinal = event.ordinal};
    for (const auto& webhook : sources.webhooks) {
      if (chosen ? std::ranges::find(*chosen, webhook.name) != chosen->end()
                 : wants(webhook, event))
        fresh.webhooks.push_back(webhook.name);
    }
    batch.events.push_back(std::move(fresh));
    log::info("event", {{"type", std::string{name(event.type)}},
                        {"subject", event.subject()},
                        {"id", event.id},
                        {"summary", event.summary}});
  }
}

std::optional<Uncommitted::Committed> Uncommitted::succeeded() {
  if (!under_way_) return std::nullopt;
  auto done = std::move(under_way_->commit);
  under_way_.reset();
  return done;
}

void Uncommitted::failed(Duration steady) {
  if (under_way_) under_way_->retry_at = steady + kCommitRetry;
}

}  // namespace modelvane
