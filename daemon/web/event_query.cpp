#include "daemon/web/event_query.h"

namespace modelvane {

std::expected<std::vector<StoredEvent>, std::string> EventQuery::events(const EventFilter& filter) {
  if (log_ == nullptr) return std::unexpected("this daemon keeps no history");
  struct Place {
    std::atomic<int>& running;
    const int before = running.fetch_add(1);
    ~Place() { running.fetch_sub(1); }
  };
  const Place place{running_};
  if (place.before >= kAtOnce) return std::unexpected("the store is busy with other queries; try again in a few seconds");
  auto found = log_->events(filter);
  if (!found) return std::unexpected(std::move(found.error().sentence));
  return std::move(*found);
}

}  // namespace modelvane
