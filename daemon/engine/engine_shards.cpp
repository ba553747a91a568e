// Shards that come and go (cluster/ownership.h), where several daemons share one store.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// A delivery under way to a webhook that another daemon takes over gets so long.
constexpr Duration kHandOver = std::chrono::seconds{4};

}  // namespace

bool Engine::is_leaving(const Watch& watch) const {
  return leaving_ &&
         leaving_->shards.contains(shard_of_endpoint(watch.endpoint.name(), ownership_.shards()));
}

// Nothing is begun any more of what belongs to them.
void Engine::begin_release(std::vector<Shard> shards) {
  if (leaving_ || is_shutting_down_) return;
  std::erase_if(shards, [&](Shard shard) { return !ownership_.has(shard); });
  if (shards.empty()) return;
  leaving_ = {.shards = {shards.begin(), shards.end()}, .give_up_at = clock_.steady() + kHandOver};
  schedule_.clear();
  for (const auto& watch : watches_) {
    if (is_leaving(*watch)) cancel_poll(*watch);
    if (watch->ticket == 0) set_due(*watch, watch->due);
  }
  for (const auto& webhook : webhooks_) {
    if (leaving_->shards.contains(shard_of_webhook(webhook.name, ownership_.shards())))
      outbox_.hold(webhook.name);
  }
}

void Engine::continue_release() {
  if (!leaving_ || leaving_->is_noted) return;
  const auto concerns = [&](const std::string& webhook) {
    return leaving_->shards.contains(shard_of_webhook(webhook, ownership_.shards()));
  };
  const bool is_sending = std::ranges::any_of(webhooks_, [&](const auto& webhook) {
    return concerns(webhook.name) && outbox_.in_flight(webhook.name) > 0;
  });
  if (is_sending && clock_.steady() < leaving_->give_up_at) return;
  deliveries_.give_back(concerns);
  for (const auto& watch : watches_) {
    if (!is_leaving(*watch)) continue;
    const auto& name = watch->endpoint.name();
    if (time_book_.count_until(name, clock_.wall(), clock_.steady())) uncommitted_.note_past(name);
  }
  uncommitted_.note_released({leaving_->shards.begin(), leaving_->shards.end()});
  leaving_->is_noted = true;
}

void Engine::look_at_cluster() {
  const auto rewound_before = daemon_.cluster ? daemon_.cluster->rewound : 0;
  auto view = commit_queue_.cluster();
  if (!view) return;
  view->trusted_for = std::max(commit_queue_.trusted_until() - clock_.steady(), Duration{0});
  if (view->rewound > rewound_before)
    log::error(
        "the database had forgotten what it had acknowledged: was a standby promoted that lagged "
        "behind?");
  if (view->rewound > rewinds_told_ && may_decide()) {
    rewinds_told_ = view->rewound;
    tell_of_rewind(view->replica);
  }
  daemon_.cluster = std::make_shared<const ClusterView>(std::move(*view));
}

void Engine::tell_of_rewind(const std::string& replica) {
  Event event{.id = event_id(clock_.wall(), instance_, "rewind/" + replica, rewinds_told_),
              .type = EventType::StoreRewound,
              .time = clock_.wall()};
  event.detail = fmt::format(
      "a standby was promoted that lagged behind, or a backup was put in its place; {} has written "
      "once more what it remembers, and what no replica remembers is lost",
      replica);
  event.summary =
      fmt::format("the database of modelvane {} no longer had what it had acknowledged", instance_);
  uncommitted_.note(std::move(event));
}

void Engine::finish_release() {
  const auto left = std::exchange(leaving_, std::nullopt);
  if (!left || left->shards.empty()) return;
  log::info("shards given to another replica", {{"shards", std::to_string(left->shards.size())}});
  ownership_.lose({left->shards.begin(), left->shards.end()});
  drop_what_is_lost();
}

// Shards that we gave up with a batch whose answer was lost, and that have fallen to us again
// meanwhile: others may have decided and sent in between, so what we know of them is no longer
// true.
void Engine::forget_what_comes_again(const std::vector<Shard>& gained) {
  std::vector<Shard> again;
  for (const Shard shard : gained) {
    if (!ownership_.was_told_of(shard)) continue;
    again.push_back(shard);
    if (leaving_) leaving_->shards.erase(shard);
  }
  if (again.empty()) return;
  ownership_.lose(again);
  drop_what_is_lost();
}

// Others decide anew about all that was not durable: a difference that was seen here is still there
// at their next poll.
void Engine::lose_session() {
  log::warn("the session with the store has ended; others own what was ours",
            {{"endpoints", std::to_string(watches_.size())}});
  uncommitted_.close();
  ownership_.lose_all();
  leaving_.reset();
  drop_what_is_lost();
}

void Engine::drop_what_is_lost() {
  const auto is_lost = [&](const auto& entry) { return !ownership_.has_endpoint(entry.first); };
  std::erase_if(unwatched_, is_lost);
  std::erase_if(approved_, is_lost);
  for (const auto& watch : watches_) {
    if (!ownership_.has_endpoint(watch->endpoint.name())) time_book_.forget(watch->endpoint.name());
  }
  deliveries_.give_back(
      [&](const std::string& webhook) { return !ownership_.has_webhook(webhook); });
  for (const auto& name : outbox_.names()) {
    if (!ownership_.has_webhook(name)) outbox_.forget(name);
  }
  configure(config_);
}

}  // namespace modelvane
