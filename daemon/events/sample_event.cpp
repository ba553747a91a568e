#include "daemon/events/sample_event.h"

#include <fmt/format.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAlias = "example-latest";
constexpr const char* kOld = "example-1";
constexpr const char* kNew = "example-2";

std::string evidence(std::string_view target) {
  return fmt::format(R"({{"id":"{}","ref_model":"{}"}})", kAlias, target);
}

void add_targets(Event& event) {
  event.from = kOld;
  event.to = kNew;
  event.rule = Rule::Field;
  event.evidence_before = evidence(kOld);
  event.evidence_after = evidence(kNew);
}

void add_alias_facts(Event& event, Time now) {
  event.alias = kAlias;
  event.observed_between = {now - 2min, now - 1min};
  event.confirmed_by_polls = 2;
  switch (event.type) {
    case EventType::AliasPinBroken:
      event.pin = PinState{.approved = {kOld}, .ok = false};
      [[fallthrough]];
    case EventType::AliasMoved: add_targets(event); break;
    case EventType::AliasPinRestored:
      event.to = kOld;
      event.pin = PinState{.approved = {kOld}, .ok = true};
      break;
    case EventType::AliasUnwatched:
      event.ended = {EventType::AliasPinBroken};
      event.confirmed_by_polls = 0;
      event.observed_between.reset();
      event.to = kNew;
      break;
    case EventType::AliasDisagrees:
    case EventType::AliasAgrees:
      event.to = kNew;
      event.between = "compare";
      event.group = "example";
      event.views = {
          PeerView{std::string{kDrillEndpoint}, Rule::Field, kNew},
          PeerView{"another", Rule::Field, event.type == EventType::AliasAgrees ? kNew : kOld}};
      break;
    case EventType::AliasUnstable: event.targets = {kOld, kNew}; break;
    case EventType::AliasHint:
      event.changed = {{.pointer = "/created", .from = "1760000000", .to = "1764000000"}};
      event.to = kOld;
      break;
    case EventType::AliasVanished:
    case EventType::AliasUndisclosed: event.from = kOld; break;
    default: event.to = kOld; break;
  }
}

void add_model_facts(Event& event, Time now) {
  event.model = kOld;
  event.aliases = {kAlias};
  event.confirmed_by_polls = 2;
  if (event.type == EventType::ModelAdded || event.type == EventType::ModelRemoved) {
    event.observed_between = {now - 2min, now - 1min};
    return;
  }
  const Retirement retirement{
      .model = kOld, .at = now + 7 * 24h, .replacement = kNew, .days_left = 7};
  if (event.type != EventType::ModelRetirementCleared) event.retirement = retirement;
  if (event.type != EventType::ModelRetirementChanged &&
      event.type != EventType::ModelRetirementCleared)
    return;
  event.retirement_before = retirement;
  event.retirement_before->at = now + 30 * 24h;
}

void add_endpoint_facts(Event& event) {
  if (event.type == EventType::EndpointDown || event.type == EventType::EndpointUp) {
    event.reason = Reason::Timeout;
    event.detail = "no complete answer within 10s";
    event.confirmed_by_polls = 3;
    event.lasted = 3min;
  } else if (event.type == EventType::EndpointUnwatched) {
    event.ended = {EventType::EndpointDown};
  } else {
    const bool has_left = event.type != EventType::CatalogGrew;
    event.models_before = has_left ? 40 : 4;
    event.models_now = event.type == EventType::CatalogQuarantined ? 4 : 40;
    event.ids = {kOld, kNew};
    event.ids_count = 36;
  }
}

}  // namespace

Event sample_event(EventType type, std::string_view instance, Time now, std::uint64_t number) {
  Event event;
  event.id = event_id(now, instance, kDrillEndpoint, number);
  event.type = type;
  event.time = now;
  event.endpoint = kDrillEndpoint;
  event.drill = true;
  const auto kind = name(type);
  if (type == EventType::Drill) {
    event.detail = "an operator tests the way of events";
  } else if (type == EventType::OperatorActed) {
    event.act = {
        .who = "alice", .action = "pin.accept", .subject = subject_of(kDrillEndpoint, kAlias)};
  } else if (kind.starts_with("webhook.")) {
    event.endpoint.clear();
    event.webhook = "example";
    event.detail = "the receiver answered with status 503";
    event.lasted = 10min;
  } else if (kind.starts_with("daemon.")) {
    event.endpoint.clear();
    if (type == EventType::DaemonRejoined) event.lasted = 10min;
  } else if (type == EventType::StoreRewound) {
    event.endpoint.clear();
    event.detail = "a standby was promoted that lagged behind, or a backup was put in its place";
  } else if (type == EventType::CatalogFlooded) {
    event.ids = {kAlias};
    event.ids_count = 120;
  } else if (kind.starts_with("alias.")) {
    add_alias_facts(event, now);
  } else if (kind.starts_with("model.")) {
    add_model_facts(event, now);
  } else {
    add_endpoint_facts(event);
  }
  event.summary = type == EventType::Drill
                      ? fmt::format("a test event from {}: nothing has happened", instance)
                  : type == EventType::AliasMoved
                      ? fmt::format("{} moved from {} to {} (a drill: nothing has happened)",
                                    kAlias, kOld, kNew)
                      : fmt::format("a drill of {}: nothing has happened", kind);
  return event;
}

}  // namespace modelvane
