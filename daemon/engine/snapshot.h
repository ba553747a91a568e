// What the daemon shows: immutable views that the engine publishes after a commit. Metrics, API and
// page are renderings of one Snapshot, so they cannot disagree.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/id_list.h"
#include "daemon/catalog/served.h"
#include "daemon/cluster/cluster_view.h"
#include "daemon/detect/advance.h"
#include "daemon/detect/observation.h"
#include "daemon/engine/past_view.h"
#include "daemon/engine/poll_history.h"
#include "daemon/events/delivery.h"
#include "daemon/events/event.h"
#include "daemon/http/refusals.h"
#include "daemon/text/histogram.h"
#include "daemon/text/labels.h"
#include "daemon/text/time.h"
#include "daemon/transport/phases.h"
#include "daemon/transport/shortage.h"

namespace modelvane {

struct AliasView {
  std::string alias;
  AliasStatus status = AliasStatus::Resolved;
  std::string target;
  Rule rule = Rule::Field;
  Time since{};
  bool pending = false;
  std::string pending_target;  // when the difference is another target
  bool unstable = false;
  std::uint64_t changes = 0;
  std::optional<Time> last_change;
  std::optional<PinState> pin;
  // With the others of its `compare` group, or with the traffic; none = it has neither.
  std::optional<bool> disagrees;
  std::optional<Time> last_seen;  // as it is known; none: at the last good poll
};

// What advance() knows of an endpoint. Made anew only when that changed.
struct KnownView {
  std::vector<AliasView> aliases;       // by alias
  IdList models;                        // of the last believed list
  std::vector<Retirement> retirements;  // models whose end the list announces, by model
  bool has_baseline = false;
  Availability availability = Availability::Unknown;
  std::optional<Time> down_since;
  bool quarantined = false;
  std::array<std::uint64_t, kEventTypes.size()> events{};
};

// An endpoint is polled less often than its interval says.
struct Slowing {
  Reason reason = Reason::Other;  // of the last poll's failure
  bool is_asked_for = false;      // it named a time (Retry-After and kin)
  friend bool operator==(const Slowing&, const Slowing&) = default;
};
// Why, as a clause for people.
inline std::string_view sentence_of(const Slowing& slowing) {
  if (slowing.is_asked_for) return "it asked for a time without requests";
  if (slowing.reason == Reason::Auth) return "it refuses the credentials";
  if (slowing.reason == Reason::RateLimited) return "it asks for fewer requests";
  return "it refuses requests";
}

struct EndpointView {
  std::string name;
  std::string provider;
  std::string url;  // scheme, host, port and path only
  std::map<std::string, std::string> labels;
  std::string compare;  // the group with whose endpoints it is compared; "" = none
  Duration interval{0};
  std::shared_ptr<const KnownView> known;

  std::uint64_t polls = 0;
  std::array<std::uint64_t, kReasons.size()> failures{};
  Histogram duration;
  std::optional<Time> last_poll;  // none = not polled since the start: no series that depend on it
  std::optional<Time> last_good_poll;
  bool last_ok = false;
  std::optional<Reason> last_reason;
  std::string last_sentence;
  int status_code = 0;
  std::size_t body_bytes = 0;
  Phases phases;
  std::optional<Time> certificate_expiry;
  std::optional<Time> next_poll;  // planned; none = not planned yet
  std::optional<Slowing> slowed;
  bool is_paused = false;
  std::string maintenance;  // the window that is open; "" = none
  // Where traffic is a source: what it said last, by alias; null = it was not asked yet.
  std::shared_ptr<const std::vector<ServedView>> served;
  // By alias: of streamed echoes. Null = there was none.
  std::shared_ptr<const std::map<std::string, Histogram>> first_tokens;
  std::vector<CatalogNote> notes;              // of the last good poll's list
  std::shared_ptr<const PollHistory> history;  // of this process; null = no poll yet
  std::shared_ptr<const PastView> past;        // over restarts; null = nothing is known
};

// Failing: the last attempt failed. Misconfigured: an operator must mend something (URL, key, TLS).
// Disabled: it wants no more events and is switched off. Removed: it left the configuration, and
// deliveries to it still wait or were given up.
enum class WebhookStatus { Ok, Failing, Misconfigured, Disabled, Removed };
inline constexpr auto kWebhookStatuses = labelled<WebhookStatus>({
    {WebhookStatus::Ok, "ok"},
    {WebhookStatus::Failing, "failing"},
    {WebhookStatus::Misconfigured, "misconfigured"},
    {WebhookStatus::Disabled, "disabled"},
    {WebhookStatus::Removed, "removed"},
});

constexpr std::string_view label(WebhookStatus status) {
  return kWebhookStatuses.label(status);
}

struct WebhookView {
  std::string name;
  std::string format;
  std::uint64_t delivered = 0;
  std::array<std::uint64_t, kVerdictClasses.size()> failures{};
  Histogram duration;
  std::uint64_t pending = 0;
  std::optional<Time> oldest_pending;
  std::uint64_t dead_letters = 0;
  std::string last_error;
  WebhookStatus status = WebhookStatus::Ok;
  std::optional<Time> disabled_since;

  // Whether there is anything to show of it.
  bool is_shown() const {
    return status != WebhookStatus::Removed || pending > 0 || dead_letters > 0;
  }
};

struct DaemonView {
  std::string version;
  std::string revision;  // the commit that it was built from
  std::string instance;
  Time started{};
  Histogram poll_lateness;
  std::array<std::uint64_t, kShortages.size()> polls_not_made{};
  Histogram loop_lag;
  Histogram commit;
  std::uint64_t store_errors = 0;
  bool store_ok = true;
  std::string store_sentence;  // why not, and what to do
  bool reload_ok = true;
  Time reload_success{};
  std::string reload_sentence;
  // Who may read, but not act; null = nobody is held to that.
  std::shared_ptr<const std::vector<std::string>> read_only_users;
  bool is_isolated = false;  // most hosts are out of reach: no down is told
  std::size_t polls_in_flight = 0;
  std::size_t deliveries_in_flight = 0;
  std::shared_ptr<const ClusterView> cluster;  // null: this daemon is alone
  std::optional<std::uint64_t>
      last_event;  // sequence of the last durable event; none = the store is not open yet
};

struct StoreView {
  std::uint64_t bytes = 0;  // on the disk; 0 = nothing is there yet
  std::optional<Time> oldest_event;
};

// A source of service_discovery.
struct DiscoveryView {
  std::string name;
  bool is_ok = true;  // the last look at it gave a list
  std::uint64_t failures = 0;
  std::size_t endpoints = 0;         // made of its last good list
  std::optional<Time> last_success;  // none = never, in this process
};

// An endpoint that another replica of the cluster watches, as that one told it.
struct RemoteEndpoint {
  std::shared_ptr<const EndpointView> view;  // never null
  std::string replica;
  std::string address;  // of the replica, for people; "" = not told
  Time at{};            // when it was told
};

struct Snapshot {
  Time at{};
  std::vector<std::shared_ptr<const EndpointView>> endpoints;  // in config order
  std::vector<std::shared_ptr<const WebhookView>> webhooks;
  DaemonView daemon;
  // Not the engine's, but of those who look at files and lists, and of the web server.
  StoreView store{};
  std::vector<DiscoveryView> discovery{};  // in config order
  RefusalCounts web_refused{};
  std::shared_ptr<const std::vector<RemoteEndpoint>> elsewhere{};  // by name; null = there is none
};

// What tells a watcher whether to look again: cheap enough to be read ten times a second.
struct Pulse {
  Time at{};
  std::uint64_t version = 0;  // grows with everything published but the daemon's own figures
  std::optional<std::uint64_t> last_event;
  std::size_t endpoints = 0;
};

// The one place where the engine publishes and everybody else reads. Publishing one endpoint is
// O(1), reading copies pointers.
class Board {
 public:
  Board();
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // Any thread.
  Snapshot read(Time now) const;
  Pulse pulse(Time now) const;
  // The engine's thread. reset() sets the number and order of endpoints and webhooks (start,
  // reload). A webhook that is not shown yet comes last, one that has nothing to show goes.
  void reset(std::vector<std::shared_ptr<const EndpointView>> endpoints,
             std::vector<std::shared_ptr<const WebhookView>> webhooks);
  void publish_endpoint(std::size_t index, std::shared_ptr<const EndpointView> view);
  void publish_webhook(std::shared_ptr<const WebhookView> view);
  void publish_daemon(const DaemonView& view);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace modelvane
