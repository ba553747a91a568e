// An event: a confirmed fact with a stable id. Made by advance(), stored and sent as canonical CloudEvents 1.0 JSON
// (event_json.h); every other receiver's body is a rendering of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/reading.h"
#include "daemon/core/reason.h"
#include "daemon/core/time.h"

namespace modelvane {

enum class EventType {
  AliasMoved,
  AliasUnstable,
  AliasSettled,
  AliasAppeared,
  AliasVanished,
  AliasUndisclosed,
  AliasDisclosed,
  EndpointDown,
  EndpointUp,
  CatalogQuarantined,
  CatalogAccepted,
};

inline constexpr std::array kEventTypeNames{
    std::string_view{"alias.moved"},         std::string_view{"alias.unstable"},   std::string_view{"alias.settled"},
    std::string_view{"alias.appeared"},      std::string_view{"alias.vanished"},   std::string_view{"alias.undisclosed"},
    std::string_view{"alias.disclosed"},     std::string_view{"endpoint.down"},    std::string_view{"endpoint.up"},
    std::string_view{"catalog.quarantined"}, std::string_view{"catalog.accepted"},
};
inline constexpr std::size_t kEventTypeCount = kEventTypeNames.size();

constexpr std::string_view name(EventType type) {
  return kEventTypeNames[static_cast<std::size_t>(type)];
}
std::optional<EventType> event_type(std::string_view name);

struct PinState {
  std::vector<std::string> approved;
  bool ok = true;
  friend bool operator==(const PinState&, const PinState&) = default;
};

// Facts that do not apply to a type stay empty and are left out of the JSON.
struct Event {
  std::string id;              // "evt_" + 32 hex digits, UUIDv7 layout: sorts by time
  std::uint64_t sequence = 0;  // position in the store's order; given by the engine when it commits
  EventType type = EventType::AliasMoved;
  Time time{};  // when modelvane was sure
  std::string endpoint;
  std::string alias;  // empty for endpoint.* and catalog.*

  std::optional<std::string> from;  // a target; for endpoint.* and catalog.* empty
  std::optional<std::string> to;
  std::optional<Rule> rule;
  // Last good poll that still showed the old state, first one that showed the new: the honest bounds of the change. The first is
  // missing when modelvane never saw the old state.
  std::optional<std::pair<std::optional<Time>, Time>> observed_between;
  int confirmed_by_polls = 0;
  std::string evidence_before;  // JSON text of the alias's row; empty = none
  std::string evidence_after;
  std::string request_id;
  std::optional<PinState> pin;
  std::optional<std::string> reverts;  // id of the earlier move that this one takes back
  std::vector<std::string> targets;    // alias.unstable: those that alternate

  std::optional<Reason> reason;  // endpoint.down, endpoint.up: why (it was) down
  std::string detail;            // one sentence for people
  std::optional<Duration> lasted;
  std::optional<std::size_t> models_before;  // catalog.*
  std::optional<std::size_t> models_now;

  std::map<std::string, std::string> labels;
  std::string summary;  // one line for people
  bool drill = false;

  // Deliveries keep their order within one subject: "endpoint/alias", or "endpoint".
  std::string subject() const { return alias.empty() ? endpoint : endpoint + "/" + alias; }
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace modelvane
