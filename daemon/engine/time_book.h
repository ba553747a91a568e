// The past of all endpoints in seconds and figures: told of each poll that ended, it counts
// (detect/time_kept.h), sums up hours and days (detect/past.h), and says what the store is to keep.
// What it shows is durable, so that counters never go back. The engine's thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/detect/past.h"
#include "daemon/detect/time_kept.h"
#include "daemon/engine/past_view.h"
#include "daemon/store/store.h"

namespace modelvane {

class TimeBook {
 public:
  // What the store knew, at the start and of what is ours later. Until then nothing is counted.
  void open(std::vector<EndpointPast> past);
  // Others count on.
  void forget(const std::string& endpoint) { entries_.erase(endpoint); }

  struct Poll {
    TimeKeeper::Poll time;
    std::optional<Duration> total;  // none: nothing was asked of the endpoint
    std::optional<Reason> failure;
  };
  // False: nothing is counted yet.
  bool note(const std::string& endpoint, const Poll& poll);
  // Counts what is certain, as before a stop. False: nothing was counted before.
  bool count_until(const std::string& endpoint, Time now, Duration steady);

  // What is to become durable of it. Figures go every minute, and at once when `hurries`.
  EndpointPast take(const std::string& endpoint, Duration steady, bool hurries);
  // It is durable: what is shown from now on.
  std::shared_ptr<const PastView> note_durable(const EndpointPast& durable);
  // Null for an endpoint that nothing is known of.
  std::shared_ptr<const PastView> shown(const std::string& endpoint) const;

 private:
  struct Live {
    PastSpan span;
    bool is_changed = false;
  };
  // By their start: those that can still grow, and those that are not on their way to the store.
  using Lives = std::map<Time, Live>;
  struct Entry {
    TimeKeeper keeper;
    Seconds seconds;
    Lives hours;
    Lives days;
    Duration figures_due{0};
    std::shared_ptr<const PastView> shown;
  };

  static void add(Entry& entry, const std::vector<TimeSpan>& spans);
  static void add(Lives& lives, Duration step, const TimeSpan& span);
  static PastSpan& live_at(Lives& lives, Duration step, Time time);
  static std::vector<PastSpan> take_changed(Lives& lives, Time settled);

  bool is_open_ = false;
  std::map<std::string, Entry> entries_;
};

}  // namespace modelvane
