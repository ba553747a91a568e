#include "daemon/notify/alert.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "daemon/events/event_json.h"

namespace modelvane {
namespace {

struct Pair {
  EventType begin;
  EventType end;
};

// States that one event begins and another ends. All other types are facts.
constexpr std::array kStates{
    Pair{EventType::EndpointDown, EventType::EndpointUp},
    Pair{EventType::AliasUnstable, EventType::AliasSettled},
    Pair{EventType::AliasPinBroken, EventType::AliasPinRestored},
    Pair{EventType::WebhookFailing, EventType::WebhookRecovered},
    Pair{EventType::DaemonIsolated, EventType::DaemonRejoined},
    Pair{EventType::AliasDisagrees, EventType::AliasAgrees},
    Pair{EventType::CatalogQuarantined, EventType::CatalogAccepted},
    Pair{EventType::ModelRetirementNear, EventType::ModelRetirementCleared},
};

const Pair* state_of(EventType type) {
  const auto* const found = std::find_if(kStates.begin(), kStates.end(), [&](const Pair& state) {
    return state.begin == type || state.end == type;
  });
  return found == kStates.end() ? nullptr : found;
}

// Of several that are no longer watched, the first.
const Pair* state_of(const Event& event) {
  if (!is_unwatched(event.type)) return state_of(event.type);
  return event.ended.empty() ? nullptr : state_of(event.ended.front());
}

// "alias.pin_broken" -> "ModelvaneAliasPinBroken"
std::string alert_name(EventType type) {
  std::string name = "Modelvane";
  bool is_start = true;
  for (const char c : modelvane::name(type)) {
    const bool is_letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (is_letter)
      name += is_start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    is_start = !is_letter;
  }
  return name;
}

std::map<std::string, std::string> own_labels(const Event& event) {
  const Pair* state = state_of(event);
  std::map<std::string, std::string> labels;
  labels["alertname"] = alert_name(state != nullptr ? state->begin : event.type);
  if (!event.endpoint.empty()) labels["endpoint"] = event.endpoint;
  if (!event.webhook.empty()) labels["webhook"] = event.webhook;
  if (!event.alias.empty()) labels["alias"] = event.alias;
  if (!event.model.empty()) labels["model"] = event.model;
  // A change of annotations alone makes no notification, so what a fact is about stands in the
  // labels.
  if (state == nullptr && event.to) labels["to"] = *event.to;
  if (event.drill) labels["drill"] = "true";
  return labels;
}

// The user's labels are left out: a reload may change them between the beginning and the end.
std::string key_of(const Event& event) {
  std::string key;
  for (const auto& [name, value] : own_labels(event)) key += name + "=" + value + "\n";
  return key;
}

// Near the retirement: until the day itself. The list may name a day that has passed already.
std::optional<Time> end_of_state(const Event& event, Duration alert_duration) {
  if (event.type != EventType::ModelRetirementNear || !event.retirement || !event.retirement->at)
    return std::nullopt;
  return std::max(*event.retirement->at, event.time + alert_duration);
}

}  // namespace

std::optional<EventType> beginning_of(EventType end) {
  if (end == EventType::EndpointUnwatched) return EventType::EndpointDown;
  if (end == EventType::AliasUnwatched) return EventType::AliasPinBroken;
  const Pair* state = state_of(end);
  return state != nullptr && state->end == end ? std::optional{state->begin} : std::nullopt;
}

std::optional<EventType> end_of(EventType beginning) {
  const Pair* state = state_of(beginning);
  return state != nullptr && state->begin == beginning ? std::optional{state->end} : std::nullopt;
}

std::optional<EventType> beginning_of_state(const Event& event) {
  const Pair* state = state_of(event);
  return state == nullptr ? std::nullopt : std::optional{state->begin};
}

std::map<std::string, std::string> alert_labels(const Event& event) {
  auto labels = own_labels(event);
  labels.insert(event.labels.begin(), event.labels.end());
  return labels;
}

std::optional<AlertLife> alert_life(const WebhookConfig& webhook, const StoredEvent& stored) {
  const auto event = parse_cloudevent(stored.json);
  if (!event) return std::nullopt;
  AlertLife life{
      .key = key_of(*event), .starts = event->time, .ends = std::nullopt, .begins = true};
  life.post_every = std::min(kAlertPostInterval, webhook.alert_duration / kPostsPerAlert);
  life.aftermath = std::min(kAlertAftermath, webhook.alert_duration);
  const Pair* state = state_of(*event);
  if (state == nullptr) {
    life.ends = event->time + webhook.alert_duration;
  } else if (event->type != state->begin) {
    life.begins = false;
    life.starts = event->time - event->lasted.value_or(Duration{0});
    life.ends = event->time;
  } else {
    life.ends = end_of_state(*event, webhook.alert_duration);
  }
  if (event->drill && life.begins) {
    const Time end = event->time + kDrillLasts;
    life.ends = std::min(life.ends.value_or(end), end);
  }
  return life;
}

}  // namespace modelvane
