#include <algorithm>
#include <mutex>
#include <utility>

#include "daemon/engine/snapshot.h"

namespace modelvane {

// A mutex and plain shared_ptrs: std::atomic<std::shared_ptr> of this standard library is reported
// by the thread sanitizer.
struct Board::State {
  mutable std::mutex mutex;
  Snapshot snapshot;
  std::uint64_t version = 0;
};

namespace {

// Whether people would see another daemon; its figures move with every turn of the loop.
bool looks_alike(const DaemonView& a, const DaemonView& b) {
  return a.store_ok == b.store_ok && a.store_sentence == b.store_sentence &&
         a.reload_ok == b.reload_ok && a.reload_sentence == b.reload_sentence &&
         a.last_event == b.last_event;
}

}  // namespace

Board::Board() : state_(std::make_unique<State>()) {}
Board::~Board() = default;

Snapshot Board::read(Time now) const {
  const std::scoped_lock lock{state_->mutex};
  Snapshot copy = state_->snapshot;
  copy.at = now;
  return copy;
}

Pulse Board::pulse(Time now) const {
  const std::scoped_lock lock{state_->mutex};
  const auto& snapshot = state_->snapshot;
  return {.at = now,
          .version = state_->version,
          .last_event = snapshot.daemon.last_event,
          .endpoints = snapshot.endpoints.size()};
}

void Board::reset(std::vector<std::shared_ptr<const EndpointView>> endpoints,
                  std::vector<std::shared_ptr<const WebhookView>> webhooks) {
  const std::scoped_lock lock{state_->mutex};
  state_->snapshot.endpoints = std::move(endpoints);
  state_->snapshot.webhooks = std::move(webhooks);
  ++state_->version;
}

void Board::publish_endpoint(std::size_t index, std::shared_ptr<const EndpointView> view) {
  const std::scoped_lock lock{state_->mutex};
  state_->snapshot.endpoints.at(index).swap(view);
  ++state_->version;
}

void Board::publish_webhook(std::shared_ptr<const WebhookView> view) {
  const std::scoped_lock lock{state_->mutex};
  auto& webhooks = state_->snapshot.webhooks;
  const auto place = std::ranges::find(webhooks, view->name, &WebhookView::name);
  if (!view->is_shown()) {
    if (place == webhooks.end()) return;
    webhooks.erase(place);
  } else if (place == webhooks.end()) {
    webhooks.push_back(std::move(view));
  } else {
    place->swap(view);
  }
  ++state_->version;
}

void Board::publish_daemon(const DaemonView& view) {
  const std::scoped_lock lock{state_->mutex};
  if (!looks_alike(state_->snapshot.daemon, view)) ++state_->version;
  state_->snapshot.daemon =
      view;  // into the memory that is there: this happens at every turn of the loop
}

}  // namespace modelvane
