// What has been decided and is not yet durable: collects it into batches, one of which at a time is
// on its way to the store, and gives it back when it has arrived there. Everything that was noted
// between two batches becomes durable together. The engine's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/engine/commit_queue.h"
#include "daemon/engine/retention_clock.h"
#include "daemon/events/event.h"
#include "daemon/store/store.h"

namespace modelvane {

class Uncommitted {
 public:
  explicit Uncommitted(CommitQueue& commit_queue) : commit_queue_(commit_queue) {}

  // What batches are made with; borrowed for one call.
  struct Sources {
    Duration steady;
    Time wall;
    const std::string& source;  // of CloudEvents
    Duration retention;
    const std::vector<WebhookConfig>& webhooks;
    std::function<const EndpointState*(const std::string&)> state_of;  // null: no longer configured
    std::function<EndpointPast(const std::string&)> past_of;
    bool hurries = false;  // marks go now, not only every few seconds
  };
  struct Committed {
    std::shared_ptr<const Batch> batch;
    std::vector<PendingDelivery> again;  // to be made from now on
  };

  // By the store's own time, under its session; until then nothing is submitted.
  void open(const Loaded& loaded, Time wall, Duration steady);
  bool is_open() const { return is_open_; }
  // The session has ended: others decide anew about all that is not durable.
  void close();

  // An event goes to every webhook that wants it.
  void note(Event event) { events_.push_back({std::move(event), std::nullopt}); }
  // A drill or a heartbeat goes to those that were chosen, whatever they want.
  void note_for(Event event, std::vector<std::string> webhooks) {
    events_.push_back({std::move(event), std::move(webhooks)});
  }
  void note_state(const std::string& endpoint) { states_.insert(endpoint); }
  // What was noted of it is not durable yet.
  bool holds_state(const std::string& endpoint) const;
  // Nothing but a newer last good poll.
  void note_mark(const std::string& endpoint) { marks_.insert(endpoint); }
  // Its seconds have gone on.
  void note_past(const std::string& endpoint) { pasts_.insert(endpoint); }
  void note(std::vector<Delivery> changes);
  void note(std::vector<WebhookSwitch> switches);
  void note(PinApproval approval) { pins_.push_back(std::move(approval)); }
  void note(OperatorAnswer answer) { answers_.push_back(std::move(answer)); }
  // A delivery that begins anew.
  void note_again(PendingDelivery delivery) { again_.push_back(std::move(delivery)); }
  void note_dropped(const DeliveryKey& key);
  // Shards that others should have; with them everything that is noted becomes durable.
  void note_released(const std::vector<Shard>& shards);

  // While the disk refuses, changes wait in memory; when it is full, deciding must pause.
  bool is_full() const;
  // Everything is durable.
  bool is_settled() const { return !under_way_ && !has_urgent() && !has_lagging(); }
  std::optional<Duration> next_due() const;

  void submit_what_is_due(const Sources& sources);
  std::optional<Committed> succeeded();
  void failed(Duration steady);

 private:
  struct Noted {
    Event event;
    std::optional<std::vector<std::string>> webhooks;
  };
  struct UnderWay {
    Committed commit;
    std::optional<Duration> retry_at;
  };

  bool has_urgent() const;
  bool hurries(const Sources& sources) const { return sources.hurries || !released_.empty(); }
  bool has_lagging() const { return !marks_.empty() || !pasts_.empty(); }
  std::shared_ptr<const Batch> make_batch(const Sources& sources);
  void add_marks(Batch& batch, const Sources& sources);
  void add_events(Batch& batch, const Sources& sources);

  CommitQueue& commit_queue_;
  bool is_open_ = false;
  std::uint64_t session_ = 0;
  std::uint64_t last_batch_ = 0;  // of the session
  std::vector<Noted> events_;
  std::set<std::string> states_;
  std::set<std::string> marks_;
  std::set<std::string> pasts_;
  std::vector<Delivery> changes_;
  std::vector<PendingDelivery> again_;
  std::vector<DeliveryKey> dropped_;
  std::vector<WebhookSwitch> switches_;
  std::vector<PinApproval> pins_;
  std::vector<OperatorAnswer> answers_;
  std::vector<Shard> released_;
  std::optional<UnderWay> under_way_;
  Duration next_marks_{0};
  Duration next_retention_{0};
  RetentionClock retention_clock_;
};

}  // namespace modelvane
