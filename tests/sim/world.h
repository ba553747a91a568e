// A whole world in virtual time: models APIs that move aliases and fail, receivers that refuse, a
// disk that forgets what was not committed, and a clock that jumps to whatever happens next.
// Everything follows from one seed. The real engine runs in it, unchanged.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/engine/engine.h"

namespace modelvane::sim {

struct SimClock final : Clock {
  Time now = *parse_rfc3339("2026-11-22T10:00:00Z");
  Duration wall_ahead{0};  // somebody sets the clock
  Time wall() const override { return now + wall_ahead; }
  Duration steady() const override { return now.time_since_epoch(); }
};

using Random = std::mt19937_64;
bool chance(Random& random, double probability);

// One provider. `truth` is what its aliases really point to.
struct Upstream {
  std::map<std::string, std::string> truth;
  // Who said what, when: (from this moment on) alias -> target. For "none invented".
  std::vector<std::pair<Time, std::map<std::string, std::string>>> past;
  double fault_rate = 0;
  bool throttles = false;         // answers 429 to everything
  int refusal = 0;                // the status of every answer, without a Retry-After
  std::string retry_after = "7";  // of answers that throttle
  bool hangs = false;             // never answers
  bool lies = false;              // its ETag never changes, whatever its list says
  enum class Way {
    WholeList,
    Pages,
    Lookup
  } way = Way::WholeList;  // how it tells what its aliases point to
  // What is at that path and query below the host.
  HttpReply answer(std::string_view path) const;
  void move(const std::string& alias, const std::string& target, Time at);
};

// One webhook's receiver: counts each event once, remembers order and bodies.
struct Receiver {
  bool hangs = false;
  double fault_rate = 0;
  std::map<std::string, std::string> body_by_id;
  std::vector<std::string> order;       // ids, as first accepted
  std::map<std::string, int> refusals;  // by id: answers that were none, or no success
  bool saw_changed_body = false;
  // A receiver with a mind of its own: what it answers instead of taking the event; nullopt: it
  // takes it.
  std::function<std::optional<HttpResult>(const std::string& id, const std::string& body)> refuses;
  void accept(const std::string& id, const std::string& body);
};

// What survives a crash. Several daemons may share it: then it knows their sessions, too, and who
// owns which shard, as PostgresStore's tables do.
struct Disk {
  Loaded loaded;
  std::map<std::pair<std::uint64_t, std::string>, Delivery> deliveries;
  std::map<std::uint64_t, StoredEvent> events;
  bool broken = false;

  struct Session {
    std::string replica;
    Time expires{};
    std::uint64_t last_batch = 0;
    CommitReport last_report{};
  };
  struct Owner {
    std::uint64_t session = 0;  // 0: free
    std::uint64_t tenure = 0;   // how many owners it has had
  };
  std::uint64_t last_session = 0;
  std::map<std::uint64_t, Session> sessions;
  std::vector<Owner> owners{1};  // by shard
  // Up to which tenure of its webhook's shard somebody has it in memory.
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> claimed;
  // Faults that the tests must see.
  bool has_no_fence = false;
  bool claims_by_session = false;
  // Ordinals that an endpoint's events have had, and how many were given twice.
  std::set<std::pair<std::string, std::uint64_t>> ordinals;
  std::size_t doubled = 0;

  ShardCount shards() const { return static_cast<ShardCount>(owners.size()); }
};

// One daemon's way to the disk.
class DiskStore final : public Store {
 public:
  DiskStore(Disk& disk, const SimClock& clock, std::string replica, Duration lease)
      : disk_(disk), clock_(clock), replica_(std::move(replica)), lease_(lease) {}

  std::expected<Loaded, StoreError> load() override;
  std::expected<CommitReport, StoreError> commit(const Batch& batch) override;
  std::expected<StoreNews, StoreError> look() override;
  Duration trusted_until() const override { return trusted_until_; }

  bool is_cut_off = false;
  bool loses_answer = false;  // of the next commit, which is durable all the same
  // Likewise of the next that gives shards up; after it none is let through until this is unset.
  bool loses_release = false;
  bool takes_nothing = false;

 private:
  std::optional<StoreError> problem() const;
  void renew();
  std::vector<std::string> live() const;
  std::vector<Shard> claim();
  Loaded load(const std::vector<Shard>& shards);
  std::vector<PendingDelivery> take_deliveries();
  CommitReport apply(const Batch& batch);

  Disk& disk_;
  const SimClock& clock_;
  const std::string replica_;
  const Duration lease_;
  std::uint64_t session_ = 0;
  Duration trusted_until_ = Duration::max();
};

// By host.
struct Outside {
  std::map<std::string, Upstream> upstreams;
  std::map<std::string, Receiver> receivers;
};

class SimTransport final : public Transport {
 public:
  SimTransport(SimClock& clock, Random& random, Outside& outside)
      : upstreams(outside.upstreams),
        receivers(outside.receivers),
        clock_(clock),
        random_(random) {}

  std::map<std::string, Upstream>& upstreams;
  std::map<std::string, Receiver>& receivers;
  Duration latency_max = std::chrono::milliseconds{300};
  std::function<bool()> has_news;  // the queue has results: no need to sleep
  std::size_t polls = 0;
  std::optional<Shortage> lacks;  // this machine: no poll can be made
  bool is_cut_off = false;        // nothing that is begun arrives anywhere
  std::optional<HttpRequest> last_poll;

  void start(std::uint64_t ticket, HttpRequest request) override;
  void set_egress(EgressRules) override {}
  void cancel(std::uint64_t ticket) override;
  std::size_t in_flight() const override { return under_way_.size(); }
  void wait(Duration timeout, std::vector<Completion>& completed) override;
  void wake() override {}
  // The process is gone; so are its exchanges. What receivers have taken they keep.
  void crash() { under_way_.clear(); }

 private:
  struct Exchange {
    Time done;
    Completion completion;
  };
  HttpResult poll(Upstream& upstream, std::string_view path, const HttpRequest& request);
  HttpResult deliver(Receiver& receiver, const HttpRequest& request);

  SimClock& clock_;
  Random& random_;
  std::vector<Exchange> under_way_;
};

class SimCommitQueue final : public CommitQueue {
 public:
  SimCommitQueue(Disk& disk, SimClock& clock, const std::string& replica = "sim",
                 Duration lease = std::chrono::hours{24 * 365})
      : store(disk, clock, replica, lease), disk_(disk), clock_(clock) {}
  DiskStore store;
  Duration commit_time = std::chrono::milliseconds{1};

  void submit(std::shared_ptr<const Batch> batch) override;
  std::vector<CommitQueueResult> take() override;
  Duration trusted_until() const override { return store.trusted_until(); }
  std::optional<ClusterView> cluster() const override { return shown; }
  std::optional<ClusterView> shown;  // none: the daemon is alone
  bool has_news() const { return !is_open_ || waiting_ != nullptr; }
  // Power goes: a batch that was handed over is durable or not, as the disk pleases.
  void crash(bool batch_made_it);

 private:
  Disk& disk_;
  SimClock& clock_;
  bool is_open_ = false;
  std::uint64_t session_ = 0;
  Duration next_look_{0};
  std::shared_ptr<const Batch> waiting_;
};

// Engine and all around it; crash() and restart() keep the disk and the outside world.
struct World {
  explicit World(std::uint64_t seed);
  void add_endpoint(const std::string& name, std::map<std::string, std::string> aliases,
                    Upstream::Way way = Upstream::Way::WholeList);
  void add_webhook(const std::string& name);
  void start();
  void crash();
  void run_for(Duration span);
  Snapshot seen() const { return board->read(clock.now); }
  std::vector<Event> stored_events() const;

  Random random;
  SimClock clock;
  Disk disk;
  Config config;
  Outside outside;
  SimTransport transport{clock, random, outside};
  std::unique_ptr<SimCommitQueue> commit_queue;
  std::unique_ptr<Board> board;
  std::unique_ptr<Engine> engine;
};

// Of the stored events, in their order.
std::vector<std::string> types(const World& world);

}  // namespace modelvane::sim
