// What is durable, as the engine sees it: load, commit, look for news, query. SqliteStore keeps it
// on the disk of one machine, PostgresStore in a database that several daemons share, the
// simulator in memory; one suite of tests holds for all (tests/store_contract.h). A Store is used
// by one thread (the store writer's); an EventLog may be asked from any thread.
//
// Several daemons on one store share the endpoints and webhooks by their shards (cluster/
// ownership.h). What a daemon may write is tied to its session: one that has ended writes nothing
// more.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/cluster_view.h"
#include "daemon/cluster/ownership.h"
#include "daemon/detect/advance.h"
#include "daemon/detect/past.h"
#include "daemon/events/delivery.h"
#include "daemon/events/event.h"
#include "daemon/store/operator_request.h"
#include "daemon/text/time.h"

namespace modelvane {

struct StoreError {
  // Fenced: the session is over, and others may own what was ours. What was not durable is lost to
  // us; load() begins another session.
  enum class Kind {
    Unavailable,
    Full,
    ReadOnly,
    Damaged,
    Newer,
    Busy,
    Fenced
  } kind = Kind::Unavailable;
  std::string sentence;  // what, where, what to do
};

// An event with its canonical JSON. The text is what receivers get.
struct StoredEvent {
  std::uint64_t sequence = 0;
  std::string id;
  EventType type = EventType::AliasMoved;
  std::string endpoint;
  std::string alias;  // the alias or model that it is about; "" = the endpoint as a whole
  Time time{};
  std::string json;
};

// Event `sequence` for `webhook`: one row per pair.
struct Delivery {
  std::uint64_t sequence = 0;
  std::string webhook;
  DeliveryState state = DeliveryState::Pending;
  int attempts = 0;
  Time created{};       // max_age counts from here
  Time next_attempt{};  // wall clock; at or before now = due
  std::string last_error;
};

struct PendingDelivery {
  Delivery delivery;
  std::shared_ptr<const StoredEvent> event;
};

// An event on its way into the store, which gives it the next number: without gaps, in the order in
// which events become durable, whoever adds them.
struct NewEvent {
  StoredEvent event;                    // its sequence, also in the text, is 0
  std::uint64_t ordinal = 0;            // of Event
  std::vector<std::string> webhooks{};  // that are to be told of it
};
StoredEvent numbered(StoredEvent event, std::uint64_t sequence);

// Of an event that has just been stored, to one of its webhooks.
Delivery new_delivery(std::uint64_t sequence, std::string webhook, Time at);

struct EventCount {
  std::string endpoint;
  EventType type = EventType::AliasMoved;
  std::uint64_t count = 0;
};

// A request with the deliveries that it names, as they are in the store.
struct OperatorTask {
  OperatorRequest request;
  std::vector<PendingDelivery> found;
};

// A webhook that wants no more events is switched off; without `disabled` it is on again.
struct WebhookSwitch {
  std::string webhook;
  std::optional<Time> disabled;
  std::string reason;
  std::int64_t address = 0;  // hash of its URL: another one switches it on again
};

// What operators approved of an alias, beside the config's pins. Replaces what was approved before;
// no targets = nothing.
struct PinApproval {
  std::string endpoint;
  std::string alias;
  std::vector<std::string> targets;
  Time approved{};
};
using ApprovedTargets = std::map<std::string, std::vector<std::string>>;  // by alias

// The time of an endpoint (detect/time_kept.h), and the figures of its hours and days. What is not
// named in a batch stays as it is.
struct EndpointPast {
  std::string endpoint;
  Seconds seconds;  // since it was first polled
  Time until{};     // counted up to here
  std::vector<PastSpan> hours;
  std::vector<PastSpan> days;
};

// So much of it is loaded at a start; more than lists show, and all that can still grow.
inline constexpr Duration kHoursLoaded = std::chrono::days{2};
inline constexpr Duration kDaysLoaded = std::chrono::days{32};

struct OperatorAnswer {
  std::uint64_t request = 0;
  Time at{};
  OperatorResult result;
};

// What the store knows of the shards that the daemon owns from now on.
struct Loaded {
  std::uint64_t session = 0;  // batches are stamped with it
  ShardCount shards = 1;      // of the whole
  std::vector<Shard> owned{0};
  std::map<std::string, EndpointState> endpoints;
  std::vector<PendingDelivery> pending;  // by sequence
  std::uint64_t last_sequence = 0;
  std::optional<Time> reached;                        // the store's own time (Batch::reached)
  std::vector<EventCount> event_counts;               // so that counters survive a restart
  std::map<std::string, std::uint64_t> dead_letters;  // by webhook
  std::map<std::string, ApprovedTargets> pins;        // by endpoint
  std::vector<WebhookSwitch> webhook_switches;        // those that are off
  std::vector<EndpointPast> past;                     // by endpoint; the last hours and days
  std::set<std::string> failing_webhooks;  // told to fail, and not to have recovered since
  std::string instance;  // of a configuration that names none; "" = it must name one
};

// Everything in a batch becomes durable together or not at all.
struct Batch {
  std::uint64_t session = 0;  // under which it was decided
  std::uint64_t number = 0;   // within the session, from 1 on; the same again = the same batch
  Time at{};                  // new deliveries begin
  std::vector<std::pair<std::string, EndpointState>>
      states;  // by endpoint; replaces what was stored
  // Last good poll of endpoints on which nothing else has changed: a few bytes instead of the whole
  // state. load() applies it to the state by apply_good_mark (detect/advance.h).
  std::vector<std::pair<std::string, Time>> good_marks;
  std::vector<NewEvent> events;
  std::vector<Delivery> deliveries;  // of events with a number: updated, or inserted
  std::optional<Time>
      forget_before;  // retention: delete events older than this, and their finished deliveries
  std::optional<Time> reached;  // how far the store's own time has come, by which retention counts
  // What operators' requests did, together with their answers.
  std::vector<DeliveryKey> dropped;  // forgotten, before the deliveries above are put
  std::vector<PinApproval> pins;
  std::vector<WebhookSwitch> webhook_switches;
  std::vector<OperatorAnswer> answers;
  std::vector<EndpointPast> past;
  std::optional<Time> forget_hours_before;  // figures of hours only
  std::vector<Shard> released;              // given up with this batch
};

struct CommitReport {
  std::uint64_t last_sequence = 0;          // of all that is stored
  std::vector<PendingDelivery> deliveries;  // that are ours to make from now on
  std::map<std::string, std::uint64_t>
      forgotten_dead;  // dead letters that went with old events, by webhook
};

// What happened in the store without us.
struct StoreNews {
  std::optional<Loaded> gained;             // shards that are ours since the last look
  std::vector<Shard> wanted;                // of ours: others should have them
  std::vector<PendingDelivery> deliveries;  // of others' events, for webhooks of ours
  std::vector<OperatorTask> requests;
  std::optional<std::uint64_t> last_sequence;  // where others add events
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::expected<Loaded, StoreError> load() = 0;
  virtual std::expected<CommitReport, StoreError> commit(const Batch& batch) = 0;
  // What came since the last call; cheap when there is nothing.
  virtual std::expected<StoreNews, StoreError> look() = 0;
  // `wake` is called, on any thread, when look() may find something now. Before the first load().
  virtual void when_there_is_news(std::function<void()> /*wake*/) {}
  // Until this moment of the steady clock nobody else sends what is ours. Any thread.
  virtual Duration trusted_until() const { return Duration::max(); }
  // Where several daemons share it. Any thread.
  virtual std::optional<ClusterView> cluster() const { return std::nullopt; }
};

struct EventFilter {
  std::string endpoint;                          // "" = any
  std::string alias;                             // "" = any
  std::vector<std::string> types;                // globs such as "alias.*"; empty = any
  std::string called;                            // a sequence number, or the beginning of an id
  std::optional<Time> since;                     // inclusive
  std::optional<Time> until;                     // exclusive
  std::optional<std::uint64_t> before_sequence;  // cursor: older than this one
  std::optional<std::uint64_t>
      after_sequence;       // newer than this one (streams); result is then oldest first
  std::size_t limit = 100;  // 1..1000
};

// A delivery with what people need to know of its event.
struct DeliveryRow {
  std::uint64_t sequence = 0;
  std::string event_id;
  EventType type = EventType::AliasMoved;
  std::string subject;  // as in the event
  std::string webhook;
  DeliveryState state = DeliveryState::Pending;
  int attempts = 0;
  Time created{};
  Time next_attempt{};
  std::string last_error;
};

// Where a page of deliveries ended.
struct DeliveryPlace {
  std::uint64_t sequence = 0;
  std::string webhook;
};

struct DeliveryFilter {
  std::string webhook;                 // "" = any
  std::optional<DeliveryState> state;  // none = any
  std::string event_id;                // "" = any
  std::optional<DeliveryPlace> after;  // cursor: what comes behind this one
  std::size_t limit = 100;             // 1..1000
};

// A part of an endpoint's past, in steps of whole hours or whole days.
struct PastFilter {
  std::string endpoint;
  Time from{};       // inclusive, at a step's start
  Time to{};         // exclusive
  Duration step{0};  // with whole days the figures of days are read
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  // Newest first, unless after_sequence is set.
  virtual std::expected<std::vector<StoredEvent>, StoreError> events(const EventFilter& filter) = 0;
  // By event, newest first, then by webhook.
  virtual std::expected<std::vector<DeliveryRow>, StoreError> deliveries(
      const DeliveryFilter& filter) = 0;
  // Oldest first; steps of which nothing is known are left out.
  virtual std::expected<std::vector<PastSpan>, StoreError> past(const PastFilter& filter) = 0;
};

}  // namespace modelvane
