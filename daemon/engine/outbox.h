// Deliveries that are still to be made: lanes, attempts, verdicts. A value without I/O: the engine
// asks what is due, sends it, and tells the verdict; what changed is collected for the next commit.
// The engine's thread only.
//
// Order: within one webhook and subject ("internlm/internlm3-latest") events leave one after
// another; lanes of one webhook run side by side (kLanesAtOnce), webhooks never wait for each
// other. Formats that people read carry everything that is due in one message.
//
// Two healths: a receiver in trouble is asked at least every kAskEvery, by whichever event it has
// not seen for longest, so that no event it chokes on keeps the others from it; after
// kFailuresToProbe failures in a row nothing else is sent to it. Its first success makes everything
// due that failed meanwhile. What fails again beside a working receiver has itself to blame: it
// waits by a schedule of its own and behind the others, tells nothing of the receiver's health for
// a minute after each success, and after kFailuresToStepAside failures lets its subject overtake
// it. Nothing expires beside a working receiver without one more attempt.
//
// A receiver that says "too many" tells how fast it takes events: what follows is sent at less than
// the pace of before, and then ever faster until it says so again.
//
// Shares: endpoints take turns, and when the whole queue is full, the longest queue of a webhook
// that does not work gives way, and in it the endpoint that has most.
//
// One that wants no more events is switched off until an operator or another URL switches it on.
// State formats hold an alert rather than tell an event: a parcel that was accepted stays, is
// posted again while its alert lives and as resolved for a while after its end, and gives way to a
// later event of the same alert. An endpoint that leaves ends all its alerts: that event is not
// posted, and waits here until they are over, so that it holds after a restart, too. Each alert is
// tried by its own clock, whatever befell others.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/engine/snapshot.h"
#include "daemon/engine/token_bucket.h"
#include "daemon/events/delivery.h"
#include "daemon/notify/alert.h"
#include "daemon/store/store.h"

namespace modelvane {

inline constexpr std::size_t kLanesAtOnce = 4;
inline constexpr int kFailuresToProbe = 5;
// A receiver that is back is noticed within this time, at a price of two requests a minute.
inline constexpr Duration kAskEvery = std::chrono::seconds{30};
// Order within a subject is kept as long as that costs nobody more than a minute: an event that
// fails so often beside a working receiver would hold up its subject until it expires.
inline constexpr int kFailuresToStepAside = 3;
// One that is judged wrongly configured waits for a person, who may mend it at its own end.
inline constexpr Duration kAskMisconfiguredEvery = std::chrono::hours{1};
// News asks earlier, so that a drill tells an operator soon whether the receiver works.
inline constexpr Duration kNewsAsksEvery = std::chrono::seconds{5};
// About 100 MB of events in memory. What comes on top becomes a dead letter at once: durable,
// counted, and to be sent again by hand.
inline constexpr std::size_t kOutboxMax = 100'000;
// A burst may be twice as much, until it is known which receivers work.
inline constexpr std::size_t kOutboxBurstMax = 2 * kOutboxMax;
inline constexpr Duration kBurstLasts = std::chrono::seconds{10};

// Others are told of a webhook that failed for so long; at once of one that a person must mend.
inline constexpr Duration kFailsBeforeTold = std::chrono::minutes{10};

class Outbox {
 public:
  struct Now {
    Duration steady;
    Time wall;
  };
  // A webhook with the hash of its URL, credentials and format: secrets, that may stand in files.
  struct Addressed {
    WebhookConfig config;
    std::int64_t address = 0;
  };

  explicit Outbox(std::uint64_t seed);

  // Start and reload. Deliveries of a webhook that is no longer configured are kept, but not sent.
  void configure(const std::vector<Addressed>& webhooks, Now now);
  // The hash as it is now: another one is a webhook that was mended, and makes everything due.
  void note_address(const std::string& webhook, std::int64_t address, Now now);
  // It fails, is judged wrongly configured or switched off.
  bool is_in_trouble(const std::string& webhook) const;
  // After configure(): what the store knew of webhooks that are ours from now on.
  void restore(std::vector<PendingDelivery> pending,
               const std::map<std::string, std::uint64_t>& dead_letters,
               const std::vector<WebhookSwitch>& switched_off, Now now);
  void add(Delivery delivery, std::shared_ptr<const StoredEvent> event, Now now);

  struct Due {
    std::uint64_t key;
    const WebhookConfig* webhook;  // valid until the next configure()
    std::vector<std::shared_ptr<const StoredEvent>>
        events;                          // oldest first; several only for formats that coalesce
    std::optional<Time> alert_ended{};   // a state that is over: its endpoint has left
    std::vector<std::string> only_to{};  // recipients of a mail; empty = all
  };
  // What to send now; each counts as in flight until verdict() or give_back().
  std::vector<Due> take_due(Now now);
  std::optional<Duration> next_due() const;
  void verdict(std::uint64_t key, const Verdict& verdict, std::optional<Duration> took, Now now);
  // Of this message only the first `count` events fit: the others wait for the next.
  void keep_first(std::uint64_t key, std::size_t count);
  // The attempt was broken off by us (shutdown, reload): as if it had not been made.
  void give_back(std::uint64_t key);
  std::size_t in_flight() const { return sent_.size(); }
  std::size_t in_flight(const std::string& webhook) const;

  // Another daemon is about to make its deliveries: nothing more is sent to it.
  void hold(const std::string& webhook);
  // All that something is known of, also those that have left the configuration.
  std::vector<std::string> names() const;
  // They are not ours any more; nothing is written of them. The name is new to the next
  // configure().
  void forget(const std::string& webhook);

  // For operators. hurry(): due now, whatever its webhook did before; false when it does not wait
  // here. drop(): forgotten; one in flight may still arrive.
  bool hurry(const DeliveryKey& key, Now now);
  void drop(const DeliveryKey& key);
  void switch_on(const std::string& webhook, Now now);
  // Dead letters that were sent again, dropped, or went with old events.
  void forget_dead(const std::string& webhook, std::uint64_t count);

  // What the other webhooks should hear of one: once when it is in trouble that lasts, and once
  // when its receiver has taken something again, or it left the configuration.
  struct News {
    std::string webhook;
    bool is_failing = false;
    std::string sentence;  // why
    Duration lasted{0};    // recovered: the trouble, as far as it was seen
  };
  std::vector<News> take_news(Now now);
  // After a restart: these were told to fail.
  void restore_told(const std::set<std::string>& failing, Now now);

  // Rows that changed since the last call, to be committed.
  std::vector<Delivery> take_changes();
  std::vector<WebhookSwitch> take_switches();
  // Names whose view changed since the last call.
  std::set<std::string> take_touched();
  WebhookView view(const std::string& webhook) const;

 private:
  struct Parcel {
    Delivery delivery;
    std::shared_ptr<const StoredEvent> event;
    Duration due{0};
    std::optional<AlertLife> life{};  // state formats
    std::optional<Time> ended{};      // ... of one whose endpoint has left since
    int failures = 0;                 // in a row, since it was accepted or released
    Duration tried{0};                // when it last failed; 0: never
    bool is_suspect = false;  // was released by a success of its receiver: a new failure is its own
    bool is_blamed = false;   // ... and the receiver had taken something since the failure before
    bool alone = false;       // was refused in company: travels alone, so that it harms no other
    bool is_aside = false;    // has itself to blame so often that its subject goes on without it
    bool is_last_try = false;  // expired: what comes of its present attempt is final
    bool is_dropped = false;   // while in flight
    // Recipients that have not got it, while others have; empty = all are to get it.
    std::vector<std::string> only_to{};
    // When it came here, and how old it was then. From there on the steady clock counts: a wall
    // clock that is set ahead makes nothing older.
    Duration entered{0};
    Duration age{0};

    Duration age_at(Duration steady) const { return age + (steady - entered); }
    // How long ago its alert ended (negative: it will); none while the alert has no end.
    std::optional<Duration> ended_since(Duration steady) const {
      if (!life || !life->ends) return std::nullopt;
      return age_at(steady) - (*life->ends - delivery.created);
    }
    // A state that the receiver holds is no longer waited for.
    bool is_accepted() const {
      return life && delivery.attempts > 0 && delivery.last_error.empty();
    }
  };
  struct Lane {
    std::deque<Parcel> parcels;  // by sequence
    std::size_t in_flight = 0;   // so many from the front
  };
  // What a receiver that says "too many" seems to take.
  struct Pace {
    double per_second = 0;  // 0: no bound is known
    Duration since{0};      // its last refusal, or the first event
    std::size_t taken = 0;  // since then
    Duration next{0};       // the next request leaves at this moment at the earliest
  };
  struct Webhook {
    std::optional<WebhookConfig> config;  // none = no longer configured
    const FormatTraits* format = nullptr;
    std::int64_t address = 0;
    // By what its lanes were last sorted: alert_duration, for state formats.
    std::optional<Duration> sorted_by{};
    Duration max_age{std::chrono::hours{24}};       // also of one that is no longer configured
    std::map<std::string, Lane> lanes;              // by subject, or by alert; never empty lanes
    std::vector<Parcel> departures;                 // state formats: of endpoints that left
    std::size_t waiting = 0;                        // parcels in all lanes
    std::map<std::string, std::size_t> waiting_of;  // by endpoint; never zero
    // By endpoint: the turn at which it was last served. They take turns.
    std::map<std::string, std::uint64_t> served;
    std::uint64_t turn = 0;
    std::size_t in_flight = 0;  // requests
    Duration taken_at{0};       // the last success
    int failures_in_row = 0;
    bool is_misconfigured = false;         // the last failure said so
    Duration trouble_since{0};             // the first of these failures
    std::optional<Duration> told_since{};  // others were told that it fails, since then
    bool has_recovered = false;            // ... and its receiver has taken something since
    Duration asked_at{0};                  // in trouble: when it failed last
    Duration ask_at{0};                    // in trouble: when it is asked next at the latest
    Duration not_before{0};                // a Retry-After concerns the webhook as a whole
    int limits_in_row = 0;                 // refusals for "too many" without a time
    TokenBucket bucket;
    Pace pace;
    std::optional<WebhookSwitch> off;
    bool is_held = false;  // another daemon is about to take over
    // What take_due() found, so that thousands of waiting deliveries are not looked through at
    // every turn.
    bool has_changed = true;
    std::optional<Duration> next_due;
    Duration next_burial{0};
    WebhookView view{
        .name = "", .format = "", .duration = Histogram{kDurationBounds}, .last_error = ""};

    bool is_state() const { return format != nullptr && format->is_state; }
    // Alerts have clocks of their own: one that waited for the others would resolve by itself.
    bool is_asked() const { return failures_in_row > 0 && !is_state(); }
    bool is_probed() const { return failures_in_row >= kFailuresToProbe && !is_state(); }
    std::size_t room() const;
    // When the next request may leave, as far as its limits go.
    Duration ready() const { return std::max({not_before, bucket.ready(), pace.next}); }
  };
  // One request under way: so many parcels from the front of each lane.
  struct Sent {
    std::string webhook;
    std::map<std::string, std::size_t> lanes;
  };
  struct Candidate {
    std::uint64_t sequence;
    const std::string* lane;  // borrowed
    const Parcel* parcel;
    Duration due;
  };

  static std::vector<Candidate> candidates(const Webhook& webhook);
  static std::vector<Candidate> company(const Webhook& webhook,
                                        const std::vector<Candidate>& waiting, Duration steady);
  static std::optional<Duration> first_due(const Webhook& webhook,
                                           const std::vector<Candidate>& waiting);
  void send_what_is_due(const std::string& name, Webhook& webhook, std::vector<Due>& due, Now now);
  Due send(const std::string& name, Webhook& webhook, const std::vector<Candidate>& group, Now now);
  static void take_turns(const Webhook& webhook, std::vector<Candidate>& waiting);
  Parcel* find(const DeliveryKey& key, Lane** lane, std::string* lane_key);
  void put(Webhook& webhook, Parcel parcel);
  void leave_out_what_ended(Webhook& webhook, Lane& lane, std::size_t placed);
  void uncount(Webhook& webhook, const Parcel& parcel);
  bool give_way();
  void keep_within_bounds(Now now);
  void say_it_left(const std::string& name) const;
  void sort_anew(const std::string& name, Webhook& webhook);
  void replace_older(Webhook& webhook, Lane& lane);
  static bool is_owed_a_try(const Webhook& webhook, const Parcel& parcel);
  void replace_heartbeats(Webhook& webhook, Lane& lane);
  static void end_by(const Parcel& departure, Parcel& parcel);
  void add_departure(Webhook& webhook, Parcel departure);
  void finish_departures(Webhook& webhook);
  static std::string why_it_waited(const Webhook& webhook, const Parcel& parcel);
  void bury_expired(const std::string& name, Webhook& webhook, Now now);
  void finish(Webhook& webhook, Delivery delivery, DeliveryState state, const std::string& error);
  std::vector<Parcel> take_back(const Sent& sent, Webhook& webhook);
  void succeed(const std::string& name, Webhook& webhook, std::vector<Parcel> parcels,
               const Verdict& verdict, Now now);
  void defer(Webhook& webhook, Parcel parcel, const Verdict& verdict, Now now);
  void try_again(Webhook& webhook, Parcel parcel, Duration delay, const std::string& error,
                 Now now);
  void hold(Webhook& webhook, Parcel parcel, Now now);
  static bool is_their_own(const Webhook& webhook, const std::vector<Parcel>& parcels, Now now);
  static bool is_given_up(const Parcel& parcel, const Verdict& verdict, Now now);
  void fail(const std::string& name, Webhook& webhook, std::vector<Parcel> parcels,
            const Verdict& verdict, Now now);
  static void slow_down(Webhook& webhook, Now now);
  static void speed_up(Webhook& webhook);
  void switch_off(const std::string& name, Webhook& webhook, const std::string& reason, Now now);
  Duration delay_of(const Parcel& parcel, const Verdict& verdict);
  void ask_later(Webhook& webhook, const Verdict& verdict, Duration delay, Now now);
  void release(Webhook& webhook, Now now);
  void make_all_due(Webhook& webhook, Now now);
  void touch(const std::string& name) { touched_.insert(name); }

  std::map<std::string, Webhook> webhooks_;
  std::map<std::uint64_t, Sent> sent_;
  std::vector<Delivery> changes_;
  std::vector<WebhookSwitch> switches_;
  std::set<std::string> touched_;
  std::size_t size_ = 0;
  std::optional<Duration> overfull_since_;
  std::uint64_t next_key_ = 1;
  std::mt19937_64 random_;
};

}  // namespace modelvane
