#include <mutex>
#include <utility>

#include "daemon/engine/snapshot.h"

namespace modelvane {

// A mutex and plain shared_ptrs: std::atomic<std::shared_ptr> of this standard library is reported by the thread sanitizer.
struct Board::State {
  mutable std::mutex mutex;
  Snapshot snapshot;
};

Board::Board() : state_(std::make_unique<State>()) {}
Board::~Board() = default;

Snapshot Board::read(Time now) const {
  const std::scoped_lock lock{state_->mutex};
  Snapshot copy = state_->snapshot;
  copy.at = now;
  return copy;
}

void Board::reset(std::vector<std::shared_ptr<const EndpointView>> endpoints,
                  std::vector<std::shared_ptr<const WebhookView>> webhooks) {
  const std::scoped_lock lock{state_->mutex};
  state_->snapshot.endpoints = std::move(endpoints);
  state_->snapshot.webhooks = std::move(webhooks);
}

void Board::publish_endpoint(std::size_t index, std::shared_ptr<const EndpointView> view) {
  const std::scoped_lock lock{state_->mutex};
  state_->snapshot.endpoints.at(index).swap(view);
}

void Board::publish_webhook(std::size_t index, std::shared_ptr<const WebhookView> view) {
  const std::scoped_lock lock{state_->mutex};
  state_->snapshot.webhooks.at(index).swap(view);
}

void Board::publish_daemon(DaemonView view) {
  const std::scoped_lock lock{state_->mutex};
  std::swap(state_->snapshot.daemon, view);
}

}  // namespace modelvane
