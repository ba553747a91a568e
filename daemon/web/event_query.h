// The bounded way to the event log. A query may block for as long as the disk does; only so many
// requests may wait for it at once, the rest is told so: a hung disk must never hold every worker
// and with them the scrapes. Any thread.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/http/places.h"
#include "daemon/store/store.h"

namespace modelvane {

class EventQuery {
 public:
  // `log` may be null: there is no history then. It must outlive this object.
  explicit EventQuery(EventLog* log);

  // The error is a sentence.
  std::expected<std::vector<StoredEvent>, std::string> events(const EventFilter& filter);
  std::expected<std::vector<DeliveryRow>, std::string> deliveries(const DeliveryFilter& filter);
  std::expected<std::vector<PastSpan>, std::string> past(const PastFilter& filter);

 private:
  EventLog* const log_;
  Places places_;
};

}  // namespace modelvane
