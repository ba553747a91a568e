#include "daemon/web/event_query.h"

#include <chrono>
#include <utility>

namespace modelvane {
namespace {

// Of eight workers (front.h); a reload may hold one more. Two always stay free.
constexpr int kInsideMax = 2;
constexpr int kWaitingMax = 3;
// A query takes some milliseconds: whoever waits longer waits for a disk.
constexpr std::chrono::milliseconds kPatience{250};

constexpr const char* kNoHistory = "this daemon keeps no history";
constexpr const char* kBusy = "the store is busy with other queries; try again in a few seconds";

template <typename Rows>
std::expected<Rows, std::string> with_sentence(std::expected<Rows, StoreError> found) {
  if (!found) return std::unexpected(std::move(found.error().sentence));
  return std::move(*found);
}

}  // namespace

// A right to ask the log, for as long as it lives.
class EventQuery::Place {
 public:
  explicit Place(EventQuery& query) : query_(query) {
    std::unique_lock lock{query_.mutex_};
    if (query_.inside_ >= kInsideMax && query_.waiting_ < kWaitingMax) {
      ++query_.waiting_;
      query_.left_.wait_for(lock, kPatience, [this] { return query_.inside_ < kInsideMax; });
      --query_.waiting_;
    }
    is_taken_ = query_.inside_ < kInsideMax;
    if (is_taken_) ++query_.inside_;
  }
  ~Place() {
    if (!is_taken_) return;
    const std::scoped_lock lock{query_.mutex_};
    --query_.inside_;
    query_.left_.notify_one();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_taken() const { return is_taken_; }

 private:
  EventQuery& query_;
  bool is_taken_ = false;
};

std::expected<std::vector<StoredEvent>, std::string> EventQuery::events(const EventFilter& filter) {
  if (log_ == nullptr) return std::unexpected(kNoHistory);
  const Place place{*this};
  if (!place.is_taken()) return std::unexpected(kBusy);
  return with_sentence(log_->events(filter));
}

std::expected<std::vector<DeliveryRow>, std::string> EventQuery::deliveries(const DeliveryFilter& filter) {
  if (log_ == nullptr) return std::unexpected(kNoHistory);
  const Place place{*this};
  if (!place.is_taken()) return std::unexpected(kBusy);
  return with_sentence(log_->deliveries(filter));
}

}  // namespace modelvane
