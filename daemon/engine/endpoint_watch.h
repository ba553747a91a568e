// One endpoint at work: makes its request, turns the answer into an observation, asks advance(),
// and keeps the figures that are shown. The engine's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/detect/advance.h"
#include "daemon/detect/peers.h"
#include "daemon/detect/unwatched.h"
#include "daemon/engine/ends_book.h"
#include "daemon/engine/isolation.h"
#include "daemon/engine/poll_run.h"
#include "daemon/engine/published.h"
#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"
#include "daemon/transport/transport.h"

namespace modelvane {

using EventCounts = std::array<std::uint64_t, kEventTypes.size()>;

class EndpointWatch {
 public:
  // `ends` is borrowed; null: it hears of no ends from other endpoints.
  EndpointWatch(Shared<EndpointConfig> config, const std::string& instance,
                EndsBook* ends = nullptr);

  const Shared<EndpointConfig>& config() const { return config_; }
  const std::string& name() const { return config_->name; }
  // A reload changed this endpoint. What is known stays, unless it was read from elsewhere or in
  // another way; it is shown at once if it `is_durable`, else with the commit that makes it so.
  void reconfigure(Shared<EndpointConfig> config, bool is_durable);
  // Of the installation: it is in the ids of events.
  void name_instance(const std::string& name) { watched_.instance = name; }
  // What operators approved beside the config's pins. Shown from the next show() on.
  void approve(ApprovedTargets approved);
  // What the store knew. Until then polls are counted, but nothing is decided.
  void restore(EndpointState state, const EventCounts& counts, Time now);
  // It left the configuration (detect/unwatched.h).
  std::vector<Event> leave(Time now) { return modelvane::leave(state_, watched_, now); }

  struct Outcome {
    std::vector<Event> events;
    bool must_persist = false;
    bool has_mark = false;  // a good poll that changed nothing else
    std::optional<Duration> retry_after;
    Duration pause{0};  // the least time until the next poll
    bool left_pending =
        false;  // an alias that is pending could not be asked about: there is no hurry
    std::optional<Duration> total{};     // of the poll; none: nothing was asked
    std::optional<Shortage> shortage{};  // the poll was not made; nothing else is set
  };
  // A poll: begin, then requests and their results in turn until there is no next one, then finish
  // (or abandon).
  void begin_poll(Duration steady, bool may_decide);
  std::optional<HttpRequest> next_request(Time now, Duration steady) {
    return run_->next(now, steady);
  }
  void take(const HttpResult& result, Time now) { run_->take(result, now); }
  // `may_tell_down` is asked before endpoint.down is told for a failure that a network of ours that
  // is gone would look like. If it says no, the poll counts for nothing. None: yes.
  enum class Telling { No, Yes, Isolated };
  using MayTellDown = std::function<Telling()>;
  Outcome finish_poll(Time now, Duration steady, bool may_decide,
                      const MayTellDown& may_tell_down = nullptr);
  void abandon_poll() { run_.reset(); }
  // When the last poll's answer, that it wants fewer requests, stands in for the next one's; none:
  // nothing would come of it.
  std::optional<Time> stands_in_at(Time now) const;
  Outcome repeat_failure(Time now, Duration steady, bool may_decide);

  // After a good poll of the first endpoint of a `compare` group: against the others of it.
  Compared compare(const std::vector<Peer>& peers, Time now) {
    return judge_peers(state_, watched_, peers, now);
  }

  const EndpointState& state() const { return state_; }
  // The last poll did not reach the endpoint's host.
  bool is_out_of_reach() const {
    return is_failing() && view_->last_reason && is_unreachable(*view_->last_reason);
  }
  // Of the last poll; none: it was good.
  std::optional<Reason> last_reason() const { return view_->last_reason; }
  bool is_failing() const { return view_->last_poll && !view_->last_ok; }
  // The last poll's credentials were refused, or could not be read.
  bool is_refused() const { return is_failing() && view_->last_reason == Reason::Auth; }
  // Since then they have changed. Reads them.
  bool has_new_key() const { return refused_key_ != key_identity(*config_); }
  std::optional<Time> wants_poll_at(Time now) const;
  // What is planned after a poll. `slower` than the interval, because the answer `asked` for it or
  // because of what it was; each beginning and end is one line of the log.
  void note_pace(bool slower, bool asked, Duration until_next);
  void note_next_poll(std::optional<Time> at) { view_.edit().next_poll = at; }
  // The maintenance window that is open; "" = none. True when it was another one before.
  bool note_maintenance(const std::string& window);
  bool is_in_maintenance() const { return watched_.is_in_maintenance; }
  // `durable` is what the store has just committed: from now on it is shown.
  void show(const EndpointState& durable, const std::vector<EventType>& new_events);
  void show_past(std::shared_ptr<const PastView> past) { view_.edit().past = std::move(past); }
  // With all that changed; snapshots that hold an earlier one are not touched.
  std::shared_ptr<const EndpointView> view() { return view_.publish(); }

 private:
  void set_config_facts();
  void set_pins();
  void note(const std::vector<CatalogNote>& notes);
  // Pinned aliases that no list has named (yet), as views; each is said once.
  void add_unlisted_pins(const EndpointState& durable, KnownView& known);
  Outcome settle(PollResult result, Time now, bool may_decide, const MayTellDown& may_tell_down);
  Outcome settle_failure(PollFailure failure, Time now, bool may_decide,
                         const MayTellDown& may_tell_down);
  Outcome decide(const Observation& observation, bool may_decide);
  void follow_clock(Time now, Duration steady);
  void remember(Duration total);
  void note_first_tokens(const std::vector<FirstToken>& tokens);

  Shared<EndpointConfig> config_;
  EndsBook* ends_;
  EndsBook::Heard heard_;
  ApprovedTargets approved_;
  Watched watched_;
  EndpointState state_;
  std::optional<Duration> wall_ahead_;  // of the steady clock, at the last poll that decided
  Published<EndpointView> view_;

  PollMemory memory_;
  std::unique_ptr<PollRun> run_;  // borrows config_ and memory_; only while a poll is under way
  int refusals_in_row_ = 0;
  std::uint64_t refused_key_ = 0;        // identity of the key that was refused
  std::set<std::string> unlisted_pins_;  // those that were said
};

}  // namespace modelvane
