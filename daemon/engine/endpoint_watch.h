// One endpoint at work: makes its request, turns the answer into an observation, asks advance(), and keeps the figures that are
// shown. The engine's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/core/watch.h"
#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"
#include "daemon/transport/transport.h"

namespace modelvane {

using EventCounts = std::array<std::uint64_t, kEventTypeCount>;

// The request of one poll, with secrets as they are now. The error is a sentence: a secret that cannot be read.
std::expected<HttpRequest, std::string> poll_request(const EndpointConfig& endpoint);

class EndpointWatch {
 public:
  EndpointWatch(EndpointConfig config, const std::string& instance);

  const EndpointConfig& config() const { return config_; }
  const std::string& name() const { return config_.name; }
  // A reload changed this endpoint. What is known stays, unless it was read from elsewhere or in another way.
  void reconfigure(EndpointConfig config);
  // What operators approved beside the config's pins. Shown from the next show() on.
  void approve(ApprovedTargets approved);
  // What the store knew. Until then polls are counted, but nothing is decided.
  void restore(EndpointState state, const EventCounts& counts);

  struct Outcome {
    std::vector<Event> events;
    bool must_persist = false;
    bool has_mark = false;  // a good poll that changed nothing else
    std::optional<Duration> retry_after;
    Duration pause{0};  // the least time until the next poll
  };
  Outcome finish(HttpResult result, Time now, bool may_decide);
  // A poll that failed before a request could be made.
  Outcome fail(PollFailure failure, Time now, bool may_decide);

  const EndpointState& state() const { return state_; }
  std::optional<Time> wants_poll_at(Time now) const;
  // `durable` is what the store has just committed: from now on it is shown.
  void show(const EndpointState& durable, const std::vector<EventType>& new_events);
  std::shared_ptr<const EndpointView> view() const { return std::make_shared<const EndpointView>(view_); }

 private:
  void set_config_facts();
  void set_pins();
  std::expected<std::shared_ptr<const Catalog>, PollFailure> read(const HttpReply& reply);
  Outcome settle(const HttpResult& result, Time now, bool may_decide);
  Outcome settle_failure(PollFailure failure, Time now, bool may_decide);
  Outcome decide(Observation observation, bool may_decide);
  void remember(Duration total);

  EndpointConfig config_;
  ApprovedTargets approved_;
  Watched watched_;
  EndpointState state_;
  EndpointView view_;
  EventCounts event_counts_{};

  // An unchanged body is not parsed again: most polls of most lists.
  std::uint64_t body_hash_ = 0;
  std::shared_ptr<const Catalog> catalog_;
  int refusals_in_row_ = 0;
};

}  // namespace modelvane
