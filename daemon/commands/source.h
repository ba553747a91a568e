// What commands read of a daemon and ask of it: from the files of its folder, or over its API.
// One thread. Errors are sentences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/text/time.h"

namespace modelvane {

// Where a daemon is found. A URL beats a folder.
struct DaemonPlace {
  std::string storage_path = "data";
  std::string url;            // of its pages, such as http://host:10178
  std::string client_config;  // a file with credentials and CA for the URL
};

// What is known of an alias now.
struct AliasNow {
  AliasStatus status = AliasStatus::Resolved;
  std::string target;  // of Resolved
  Time since{};
  bool unstable = false;
  std::uint64_t changes = 0;
  std::optional<Time> last_seen;
};
// By endpoint and alias.
using AliasesNow = std::map<std::pair<std::string, std::string>, AliasNow>;

// A pinned alias and what is approved for it.
struct ApprovedNow {
  std::vector<std::string> targets;
};
using PinsNow = std::map<std::pair<std::string, std::string>, ApprovedNow>;

// What is known of an endpoint now.
struct EndpointNow {
  std::string name;
  Availability availability = Availability::Unknown;
  std::optional<Time> down_since;
  std::optional<Time> last_good_poll;
  std::size_t models = 0;
  std::vector<Retirement> retirements;  // that its list announces, by model
};

class Source {
 public:
  virtual ~Source() = default;

  // Gives those that the filter chooses to `take`, newest first, at most filter.limit (any number).
  virtual std::expected<void, std::string> each_event(
      EventFilter filter, const std::function<void(StoredEvent)>& take) = 0;
  std::expected<std::vector<StoredEvent>, std::string> events(const EventFilter& filter);
  virtual std::expected<std::vector<DeliveryRow>, std::string> deliveries(
      DeliveryFilter filter) = 0;
  virtual std::expected<std::vector<EndpointNow>, std::string> endpoints() = 0;
  virtual std::expected<AliasesNow, std::string> aliases() = 0;
  // What operators approved; from an API together with the configuration's pins.
  virtual std::expected<PinsNow, std::string> pins() = 0;
  // Waits until it is done.
  virtual std::expected<OperatorResult, std::string> ask(const OperatorRequest& request) = 0;
  // False: what is asked for waits for the daemon's next start.
  virtual bool daemon_runs() const = 0;
  // Returns when something may have changed, at the latest after `longest`.
  virtual void wait(Duration longest) = 0;
};

// By --url where there is one, else from the folder; from the daemon on this machine where the
// folder's database may not be read by this user.
std::expected<std::unique_ptr<Source>, std::string> open_source(const DaemonPlace& place);

// "kept", "broken", or "unknown" where nobody says what the alias points to (`target` is "" then).
std::string_view pin_word(const std::vector<std::string>& approved, const std::string& target);

// The one event of that sequence number, or whose id begins with the text.
std::expected<StoredEvent, std::string> event_called(Source& source, const std::string& id);

}  // namespace modelvane
