#include "daemon/web/event_query.h"

#include <chrono>
#include <utility>

namespace modelvane {
namespace {

// Of twelve workers (front.h); a reload may hold one more, passwords four (passwords.cpp). Two
// always stay free. A query takes some milliseconds: whoever waits longer waits for a disk.
constexpr Places::Limits kQuestionsAtOnce{
    .inside = 2, .waiting = 3, .patience = std::chrono::milliseconds{250}};

constexpr const char* kNoHistory = "this daemon keeps no history";
constexpr const char* kBusy = "the store is busy with other queries; try again in a few seconds";

template <typename Rows>
std::expected<Rows, std::string> with_sentence(std::expected<Rows, StoreError> found) {
  if (!found) return std::unexpected(std::move(found.error().sentence));
  return std::move(*found);
}

}  // namespace

EventQuery::EventQuery(EventLog* log) : log_(log), places_(kQuestionsAtOnce) {}

std::expected<std::vector<StoredEvent>, std::string> EventQuery::events(const EventFilter& filter) {
  if (log_ == nullptr) return std::unexpected(kNoHistory);
  const Places::Place place{places_};
  if (!place.is_taken()) return std::unexpected(kBusy);
  return with_sentence(log_->events(filter));
}

std::expected<std::vector<DeliveryRow>, std::string> EventQuery::deliveries(
    const DeliveryFilter& filter) {
  if (log_ == nullptr) return std::unexpected(kNoHistory);
  const Places::Place place{places_};
  if (!place.is_taken()) return std::unexpected(kBusy);
  return with_sentence(log_->deliveries(filter));
}

std::expected<std::vector<PastSpan>, std::string> EventQuery::past(const PastFilter& filter) {
  if (log_ == nullptr) return std::unexpected(kNoHistory);
  const Places::Place place{places_};
  if (!place.is_taken()) return std::unexpected(kBusy);
  return with_sentence(log_->past(filter));
}

}  // namespace modelvane
