// An event: a confirmed fact with a stable id. Made by advance(), stored and sent as canonical
// CloudEvents 1.0 JSON (event_json.h); every other receiver's body is a rendering of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/reading.h"
#include "daemon/catalog/reason.h"
#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

enum class EventType {
  AliasMoved,
  AliasUnstable,
  AliasSettled,
  AliasAppeared,
  AliasVanished,
  AliasUndisclosed,
  AliasDisclosed,
  AliasHint,
  AliasPinBroken,
  AliasPinRestored,
  AliasDisagrees,
  AliasAgrees,
  AliasUnwatched,
  ModelAdded,
  ModelRemoved,
  ModelRetirementSet,
  ModelRetirementChanged,
  ModelRetirementCleared,
  ModelRetirementNear,
  EndpointDown,
  EndpointUp,
  EndpointUnwatched,
  CatalogQuarantined,
  CatalogAccepted,
  CatalogGrew,
  CatalogFlooded,
  WebhookFailing,
  WebhookRecovered,
  DaemonHeartbeat,
  DaemonIsolated,
  DaemonRejoined,
  OperatorActed,
  StoreRewound,
  Drill,
};

inline constexpr auto kEventTypes = labelled<EventType>({
    {EventType::AliasMoved, "alias.moved"},
    {EventType::AliasUnstable, "alias.unstable"},
    {EventType::AliasSettled, "alias.settled"},
    {EventType::AliasAppeared, "alias.appeared"},
    {EventType::AliasVanished, "alias.vanished"},
    {EventType::AliasUndisclosed, "alias.undisclosed"},
    {EventType::AliasDisclosed, "alias.disclosed"},
    {EventType::AliasHint, "alias.hint"},
    {EventType::AliasPinBroken, "alias.pin_broken"},
    {EventType::AliasPinRestored, "alias.pin_restored"},
    {EventType::AliasDisagrees, "alias.disagrees"},
    {EventType::AliasAgrees, "alias.agrees"},
    {EventType::AliasUnwatched, "alias.unwatched"},
    {EventType::ModelAdded, "model.added"},
    {EventType::ModelRemoved, "model.removed"},
    {EventType::ModelRetirementSet, "model.retirement_set"},
    {EventType::ModelRetirementChanged, "model.retirement_changed"},
    {EventType::ModelRetirementCleared, "model.retirement_cleared"},
    {EventType::ModelRetirementNear, "model.retirement_near"},
    {EventType::EndpointDown, "endpoint.down"},
    {EventType::EndpointUp, "endpoint.up"},
    {EventType::EndpointUnwatched, "endpoint.unwatched"},
    {EventType::CatalogQuarantined, "catalog.quarantined"},
    {EventType::CatalogAccepted, "catalog.accepted"},
    {EventType::CatalogGrew, "catalog.grew"},
    {EventType::CatalogFlooded, "catalog.flooded"},
    {EventType::WebhookFailing, "webhook.failing"},
    {EventType::WebhookRecovered, "webhook.recovered"},
    {EventType::DaemonHeartbeat, "daemon.heartbeat"},
    {EventType::DaemonIsolated, "daemon.isolated"},
    {EventType::DaemonRejoined, "daemon.rejoined"},
    {EventType::OperatorActed, "operator.acted"},
    {EventType::StoreRewound, "store.rewound"},
    {EventType::Drill, "drill"},
});

constexpr std::string_view name(EventType type) {
  return kEventTypes.label(type);
}

// It left the configuration: what its events began is over, and nothing is said of its health.
constexpr bool is_unwatched(EventType type) {
  return type == EventType::EndpointUnwatched || type == EventType::AliasUnwatched;
}

// More names than that in one event help nobody, and a list may have 20,000.
inline constexpr std::size_t kNamedIdsMax = 100;

struct PinState {
  std::vector<std::string> approved;
  bool ok = true;
  friend bool operator==(const PinState&, const PinState&) = default;
};

// model.retirement_*, and alias.moved when the new target is about to end.
struct Retirement {
  std::string model;
  std::optional<Time> at;   // none: deprecated without a date
  std::string replacement;  // "" = none named
  std::optional<int> days_left;
  std::string source{};  // who says so; "" = the endpoint's list
  friend bool operator==(const Retirement&, const Retirement&) = default;
};

// alias.hint: a watched value of the alias's row, as JSON texts; "" = missing.
struct HintChange {
  std::string pointer;
  std::string from;
  std::string to;
  friend bool operator==(const HintChange&, const HintChange&) = default;
};

// alias.disagrees, alias.agrees: what one endpoint says of the alias.
struct PeerView {
  std::string endpoint;
  Rule rule = Rule::Field;
  std::string target;
  friend bool operator==(const PeerView&, const PeerView&) = default;
};

// operator.acted: who did what through the API.
struct OperatorAct {
  std::string who;      // of --web.config.file
  std::string action;   // "pin.accept", "delivery.drop"...
  std::string subject;  // "endpoint/alias", "42/oncall", names of webhooks
  friend bool operator==(const OperatorAct&, const OperatorAct&) = default;
};

// 128 bits in UUIDv7 layout: milliseconds, then bits that depend on who, when exactly and how many:
// the same always gives the same.
std::string event_id(Time time, std::string_view instance, std::string_view endpoint,
                     std::uint64_t count);

// Deliveries keep their order within one subject: "endpoint/alias", "endpoint/model" or "endpoint",
// where `about` is "".
std::string subject_of(std::string_view endpoint, std::string_view about);

// Facts that do not apply to a type stay empty and are left out of the JSON.
struct Event {
  std::string id;              // "evt_" + 32 hex digits, UUIDv7 layout: sorts by time
  std::uint64_t sequence = 0;  // position in the store's order; given by the store (store.h)
  std::uint64_t ordinal = 0;   // the how-manieth of its endpoint; 0: of the daemon itself, a drill
  EventType type = EventType::AliasMoved;
  Time time{};  // when modelvane was sure
  std::string endpoint;
  std::string alias;    // empty for model.*, endpoint.* and catalog.*
  std::string model;    // model.*
  std::string webhook;  // webhook.*: whose receiver it is about

  std::optional<std::string> from;  // a target; for endpoint.* and catalog.* empty
  std::optional<std::string> to;
  std::optional<Rule> rule;
  // Last good poll that still showed the old state, first one that showed the new: the honest
  // bounds of the change. The first is missing when modelvane never saw the old state.
  std::optional<std::pair<std::optional<Time>, Time>> observed_between;
  int confirmed_by_polls = 0;
  std::string evidence_before;  // JSON text of the alias's row; empty = none
  std::string evidence_after;
  std::string request_id;
  std::optional<PinState> pin;
  std::optional<std::string> reverts;  // id of the earlier move that this one takes back
  std::vector<std::string> targets;    // alias.unstable: those that alternate

  std::optional<Retirement> retirement;         // what the list says now
  std::optional<Retirement> retirement_before;  // model.retirement_changed, _cleared
  std::vector<std::string> aliases;             // model.*: the aliases that point to the model
  std::vector<HintChange> changed;              // alias.hint

  std::optional<Reason> reason;  // endpoint.down, endpoint.up: why (it was) down
  std::string detail;            // one sentence for people
  std::optional<Duration> lasted;
  // endpoint.down: told although most hosts are out of reach, because that has lasted so long.
  bool is_isolated = false;
  std::optional<std::size_t> models_before;  // catalog.*
  std::optional<std::size_t> models_now;
  // catalog.*: those that left, or came, together: the first kNamedIdsMax, and how many they are.
  std::vector<std::string> ids;
  std::optional<std::size_t> ids_count;
  // *.unwatched: the types that began what is no longer told of, such as endpoint.down.
  std::vector<EventType> ended;
  std::string between;  // alias.disagrees, alias.agrees: "compare" or "served"
  std::string group;
  std::vector<PeerView> views;
  std::optional<OperatorAct> act;  // operator.acted

  std::map<std::string, std::string> labels;
  std::string summary;  // one line for people
  bool drill = false;
  // Not sent: at receivers that people read catalog.flooded stands for these events. It names their
  // types, so that whoever wants one of them hears of it.
  bool is_in_flood = false;
  std::vector<EventType> flood;

  // Whom it is about: an alias, a model, a webhook, or "" for the endpoint as a whole.
  const std::string& about() const {
    return !alias.empty() ? alias : !model.empty() ? model : webhook;
  }
  std::string subject() const { return subject_of(endpoint, about()); }
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace modelvane
