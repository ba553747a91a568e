// Deliveries that are still to be made: lanes, attempts, verdicts. A value without I/O: the engine asks what is due, sends it,
// and tells the verdict; what changed is collected for the next commit. The engine's thread only.
//
// Order: within one webhook and subject ("internlm/internlm3-latest") events leave one after another; lanes of one webhook run
// side by side (kLanesAtOnce), webhooks never wait for each other. A webhook that failed kFailuresToProbe times in a row gets
// only its oldest event until one succeeds; then everything that waited is due at once, oldest first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/core/delivery.h"
#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"

namespace modelvane {

inline constexpr int kLanesAtOnce = 4;
inline constexpr int kFailuresToProbe = 5;
// About 100 MB of events in memory. What comes on top becomes a dead letter at once: durable, counted, and to be sent again by
// hand.
inline constexpr std::size_t kOutboxMax = 100'000;

class Outbox {
 public:
  explicit Outbox(std::uint64_t seed);

  // Start and reload. Deliveries of a webhook that is no longer configured are kept, but not sent.
  void configure(const std::vector<WebhookConfig>& webhooks, const std::map<std::string, std::uint64_t>& dead_letters = {});

  struct Now {
    Duration steady;
    Time wall;
  };
  void add(Delivery delivery, std::shared_ptr<const StoredEvent> event, Now now);

  struct Due {
    std::uint64_t key;
    const WebhookConfig* webhook;  // valid until the next configure()
    std::shared_ptr<const StoredEvent> event;
  };
  // What to send now; each counts as in flight until verdict() or give_back().
  std::vector<Due> take_due(Now now);
  std::optional<Duration> next_due() const;
  void verdict(std::uint64_t key, const Verdict& verdict, std::optional<Duration> took, Now now);
  // The attempt was broken off by us (shutdown, reload): as if it had not been made.
  void give_back(std::uint64_t key);
  std::size_t in_flight() const { return sent_.size(); }

  // Rows that changed since the last call, to be committed.
  std::vector<Delivery> take_changes();
  // Names whose view changed since the last call.
  std::vector<std::string> take_touched();
  WebhookView view(const std::string& webhook) const;

 private:
  struct Parcel {
    Delivery delivery;
    std::shared_ptr<const StoredEvent> event;
    Duration due{0};
  };
  struct Lane {
    std::deque<Parcel> parcels;  // by sequence
    bool in_flight = false;
  };
  struct Webhook {
    std::optional<WebhookConfig> config;  // none = no longer configured
    std::map<std::string, Lane> lanes;    // by subject; never empty lanes
    int in_flight = 0;
    int failures_in_row = 0;
    Duration not_before{0};  // a Retry-After concerns the webhook as a whole
    WebhookView view;
  };
  using LaneKey = std::pair<std::string, std::string>;

  struct Candidate {
    std::uint64_t sequence;
    const std::string* subject;  // borrowed from the webhook's lanes
    Duration due;
  };
  // Lanes whose head may leave next, oldest first: all that rest, or only the oldest while the webhook is being probed.
  static std::vector<Candidate> candidates(const Webhook& webhook);
  void finish_head(Webhook& webhook, const LaneKey& key, DeliveryState state, const std::string& error);
  void bury_expired(const std::string& name, Webhook& webhook, Time now);
  void touch(const std::string& name) { touched_[name] = true; }

  std::map<std::string, Webhook> webhooks_;
  std::map<std::uint64_t, LaneKey> sent_;
  std::vector<Delivery> changes_;
  std::map<std::string, bool> touched_;
  std::size_t size_ = 0;
  std::uint64_t next_key_ = 1;
  std::mt19937_64 random_;
};

}  // namespace modelvane
