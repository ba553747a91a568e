// The loop around advance(): pick what is due -> start it -> wait for completions -> decide ->
// commit -> publish. Polls (polls.h) and deliveries (deliveries.h) are its two works, each with its
// own quota, so that dead endpoints cannot starve webhooks or the reverse.
//
// Runs on one thread (run(), or turn() by a test in virtual time). reload(), stop and the heartbeat
// may come from others. From the commit on, and not before, a change is shown and sent.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/cluster/ownership.h"
#include "daemon/config/config.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/commit_queue.h"
#include "daemon/engine/connectivity.h"
#include "daemon/engine/deliveries.h"
#include "daemon/engine/endpoint_watch.h"
#include "daemon/engine/ends_book.h"
#include "daemon/engine/isolation.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/poll_schedule.h"
#include "daemon/engine/polls.h"
#include "daemon/engine/snapshot.h"
#include "daemon/engine/time_book.h"
#include "daemon/engine/uncommitted.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// The first polls after a start or reload: 100 a second, but within the interval.
inline constexpr Duration kFirstPollGap = std::chrono::milliseconds{10};

class Engine {
 public:
  struct Ports {
    Clock& clock;
    Transport& transport;
    CommitQueue& commit_queue;
    Board& board;
    std::string external_url{};           // where people reach the page; may be empty
    std::function<bool()> has_network{};  // what the kernel says; none: there is one
    // Counts the turns; it may outlive the engine.
    std::shared_ptr<std::atomic<std::uint64_t>> turns =
        std::make_shared<std::atomic<std::uint64_t>>();
  };
  Engine(Ports ports, Config config, std::uint64_t seed);

  // Works until `stop`, then ends what is under way: deliveries get a few seconds, marks are made
  // durable.
  void run(const std::stop_token& stop);
  // One turn of the loop; sleeps at most `longest`.
  void turn(Duration longest);
  // No more polls and deliveries are started; true once nothing is under way and everything is
  // durable.
  void begin_shutdown();
  bool is_quiet() const;

  // Any thread: `config` takes effect at the next turn, as a whole. The number is for
  // wait_until_shown().
  std::uint64_t reload(Config config);
  // Any thread: what the last reload made of it, for metrics and page.
  std::uint64_t note_reload_failure(std::string sentence);
  // Any thread: the endpoint is polled at once, or as soon as its `recheck` has passed since its
  // last poll. Unknown names are ignored.
  void poll_now(std::string endpoint);
  // Any thread but the engine's: until what was asked is in effect and on the board; false when
  // that took too long.
  bool wait_until_shown(std::uint64_t number, Duration longest) const;
  // Any thread: counts turns; a watchdog sees the loop stand still.
  std::uint64_t heartbeat() const { return turns_->load(std::memory_order_relaxed); }

 private:
  // The last word counts: a configuration takes back a failure that was noted before it.
  struct ControlBox {
    std::optional<Config> config;
    std::optional<std::string> failure;
    std::set<std::string> polls{};  // endpoints
  };

  Outbox::Now now() const { return {clock_.steady(), clock_.wall()}; }

  void configure(Config config);
  void watch_endpoints(const Config& config);
  void expect_answers_of(const Endpoints& endpoints);
  void add_endpoint(Shared<EndpointConfig> config, Duration spread);
  void place(std::unique_ptr<Watch> watch);
  void tell_of_webhooks();
  void plan_heartbeats();
  void beat();
  // A drill that opens something at a receiver is followed by the one that closes it.
  void plan_end_of_drill(const Event& drill, const std::vector<std::string>& webhooks);
  void end_drills();
  void note_departures_before_start(const std::vector<std::string>& known);
  void take_over_past(const std::string& name, const std::string& was);
  void log_changes(const Config& config) const;
  void note_departure(const std::string& name, std::vector<Event> events);
  void cancel_poll(Watch& watch);
  void take_control();
  void take_results();
  void on_loaded(Loaded loaded);
  void restore(Watch& watch);
  void on_committed(BatchCommitted news);
  void on_news(StoreNews news);
  void note_last_event(std::uint64_t sequence);
  void on_store_error(const StoreError& error);

  // engine_shards.cpp
  bool is_leaving(const Watch& watch) const;
  void begin_release(std::vector<Shard> shards);
  void continue_release();
  void finish_release();
  void forget_what_comes_again(const std::vector<Shard>& gained);
  void lose_session();
  void drop_what_is_lost();

  void start_polls();
  void start_poll(Watch& watch);
  void continue_poll(Watch& watch);
  void name_instance(const std::string& name);
  void settle_outcome(Watch& watch, EndpointWatch::Outcome outcome);
  void note_decision(const Watch& watch, EndpointWatch::Outcome& outcome);
  void stand_in(Watch& watch);
  void stand_in_for_polls();
  void compare_peers(Watch& watch);
  void schedule(Watch& watch, const EndpointWatch::Outcome& outcome);
  void keep_time(Watch& watch, const EndpointWatch::Outcome& outcome);
  void show_past(const Batch& durable);
  void stop_time();
  void set_due(Watch& watch, Duration due);
  void hurry(Watch& watch, Duration due);
  void poll_soon(Watch& watch, Duration spread = Duration{0});
  void poll_all_soon();
  void look_at_keys();
  void plan_maintenance(std::vector<MaintenanceWindow> windows);
  void follow_maintenance();
  bool note_maintenance(Watch& watch);
  void start_deliveries();
  void complete(const Completion& completion);
  bool has_work_under_way() const;

  bool may_decide() const;
  EndpointWatch::Telling may_tell_down(const Watch& watch);
  void hurry_out_of_reach();
  void tell_of_isolation();
  void note_reach(const Watch& watch, const EndpointWatch::Outcome& outcome);
  const EndpointState* state_of(const std::string& endpoint) const;
  // Also of an endpoint that has just left.
  const EndpointState* state_to_keep(const std::string& endpoint) const;
  void commit_what_is_due();
  void carry_out(const OperatorTask& task);
  void approve(PinApproval approval);

  Duration time_to_next(Duration longest) const;
  void publish(Watch& watch);
  void look_at_secrets();
  void publish_webhooks();
  void publish_daemon();
  void look_at_cluster();
  void tell_of_rewind(const std::string& replica);

  Clock& clock_;
  Transport& transport_;
  CommitQueue& commit_queue_;
  Board& board_;
  const std::string external_url_;

  std::string instance_;
  bool is_instance_given_ = false;  // by the configuration
  std::string kept_instance_;       // of the store, for a configuration that gives none
  std::string source_;
  std::vector<WebhookConfig> webhooks_;
  struct Beat {
    Duration every{0};
    Duration due{0};
  };
  std::map<std::string, Beat> beats_;  // by webhook
  struct DrillEnd {
    Duration due{0};
    EventType type = EventType::Drill;
    std::vector<std::string> webhooks;
  };
  std::vector<DrillEnd> drill_ends_;
  Duration look_at_secrets_at_{0};
  Duration look_at_cluster_at_{0};
  std::uint64_t rewinds_told_ = 0;
  std::vector<MaintenanceWindow> maintenance_;
  std::vector<bool> open_windows_;  // of maintenance_
  Duration look_at_windows_at_{0};
  std::size_t next_key_ = 0;  // index of the watch whose key is looked at next
  Duration retention_{0};
  EndsBook ends_;                                // borrowed by watches_
  std::vector<std::unique_ptr<Watch>> watches_;  // in config order
  std::unordered_map<std::string, Watch*> by_name_;
  PollSchedule schedule_;  // of indices into watches_; those under way are not in it
  std::set<std::pair<Duration, std::size_t>> stand_ins_;  // likewise: see stand_in()

  Outbox outbox_;
  Tickets tickets_;
  Polls polls_;
  Deliveries deliveries_;
  Connectivity connectivity_;

  // What is known of endpoints that are not (yet) configured: a reload may bring them back.
  struct Known {
    EndpointState state;
    EventCounts counts{};
  };
  std::map<std::string, Known> unwatched_;
  std::map<std::string, ApprovedTargets> approved_;  // by endpoint
  Uncommitted uncommitted_;
  Ownership ownership_;
  Config config_;  // as a whole, where a part of it is others'
  // Shards that another daemon should have: their polls have ended, their deliveries are ending.
  struct Leaving {
    std::set<Shard> shards;
    Duration give_up_at{0};
    bool is_noted = false;  // with the next batch they go
  };
  std::optional<Leaving> leaving_;
  TimeBook time_book_;

  Isolation isolation_;
  std::optional<Time> isolated_since_;
  bool is_shutting_down_ = false;
  DaemonView daemon_;
  std::vector<Completion> completions_;
  const std::shared_ptr<std::atomic<std::uint64_t>> turns_;

  mutable std::mutex control_mutex_;  // guards what follows
  ControlBox control_;
  std::uint64_t control_asked_ = 0;
  std::uint64_t control_taken_ = 0;
  std::uint64_t control_shown_ = 0;
  mutable std::condition_variable control_shown_changed_;
};

}  // namespace modelvane
