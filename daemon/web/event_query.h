// The bounded way to the event log. A query may block for as long as the disk does; only so many requests may wait for it at
// once, the rest is told so: a hung disk must never hold every worker and with them the scrapes. Any thread.
#pragma once

#include <atomic>
#include <expected>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace modelvane {

class EventQuery {
 public:
  // `log` may be null: there is no history then. It must outlive this object.
  explicit EventQuery(EventLog* log) : log_(log) {}

  // The error is a sentence.
  std::expected<std::vector<StoredEvent>, std::string> events(const EventFilter& filter);

 private:
  // Of four workers (front.h); a reload may hold one more. One always stays free.
  static constexpr int kAtOnce = 2;

  EventLog* const log_;
  std::atomic<int> running_{0};
};

}  // namespace modelvane
