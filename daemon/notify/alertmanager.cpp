// Alertmanager: the alert of an event as of now, for /api/v2/alerts, and the payload that
// Alertmanager itself sends to webhooks (version "4"), for the many bridges that understand it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/notify/alert.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kZeroTime = "0001-01-01T00:00:00Z";

// What begins and what ends a state must agree in it, so it is the beginning's.
Severity severity_of_alert(const Event& event) {
  const auto begun = beginning_of_state(event);
  if (!begun || *begun == event.type) return severity_of(event);
  Event beginning;
  beginning.type = *begun;
  return severity_of(beginning);
}

Json labels_of(const Event& event) {
  auto labels = alert_labels(event);
  labels.try_emplace("severity", severity_label(severity_of_alert(event)));
  return labels;
}

Json annotations_of(const Occasion& occasion) {
  const auto message = occasion.message();
  // Templates of others write annotations into chats, often without escaping; labels stay as they
  // are, for they are the identity.
  Json annotations{{"summary", harmless(message.summary)}};
  std::string description;
  for (const auto& line : message.lines)
    description += fmt::format("{}: {}\n", line.label, harmless(line.value));
  if (!description.empty()) description.pop_back();
  annotations["description"] = description;
  annotations["event_id"] = occasion.first().event.id;
  return annotations;
}

// The events of a webhook were read before they came here, so they have a life.
AlertLife life_of(const Occasion& occasion) {
  auto life = alert_life(occasion.webhook, *occasion.first().stored).value_or(AlertLife{});
  if (const auto& ended = occasion.context.alert_ended)
    life.ends = std::min(life.ends.value_or(*ended), *ended);
  return life;
}

std::string generator_url(const Occasion& occasion) {
  return link_to(occasion.first().event, occasion.context);
}

// FNV-1a over the sorted labels: how Alertmanager names an alert.
std::string fingerprint(const Json& labels) {
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash = (hash ^ 0xFFU) * 1099511628211U;
  };
  for (const auto& [name, value] : labels.items()) {
    add(name);
    add(value.get_ref<const std::string&>());
  }
  return fmt::format("{:016x}", hash);
}

// What is no longer watched may end several alerts.
std::vector<Event> one_for_each_state(const Event& event) {
  if (event.ended.size() < 2) return {event};
  std::vector<Event> events(event.ended.size(), event);
  for (std::size_t i = 0; i < events.size(); ++i) events[i].ended = {event.ended[i]};
  return events;
}

// The labels that all alerts have.
Json common_of(const Json& alerts) {
  Json common = Json::object();
  for (const auto& [name, value] : alerts.front()["labels"].items()) {
    const bool is_common = std::ranges::all_of(
        alerts, [&](const Json& alert) { return alert["labels"].value(name, Json{}) == value; });
    if (is_common) common[name] = value;
  }
  return common;
}

}  // namespace

Payload render_alertmanager(const Occasion& occasion) {
  const auto life = life_of(occasion);
  const auto hold = occasion.now + kAlertHold;
  const auto ends = std::min(life.ends.value_or(hold), hold);
  Json alert{{"labels", labels_of(occasion.first().event)},
             {"annotations", annotations_of(occasion)},
             {"startsAt", to_rfc3339(std::min(life.starts, ends))},
             {"endsAt", to_rfc3339(ends)}};
  if (const auto url = generator_url(occasion); !url.empty()) alert["generatorURL"] = url;
  // One alert to a request: Alertmanager answers 400 when one of many is bad, and stores the others
  // all the same.
  return {.body = text_of(Json::array({alert})), .path = "/api/v2/alerts"};
}

Payload render_alertmanager_webhook(const Occasion& occasion) {
  const auto life = life_of(occasion);
  const auto* const status = life.begins ? "firing" : "resolved";
  const auto annotations = annotations_of(occasion);
  Json alerts = Json::array();
  for (const auto& event : one_for_each_state(occasion.first().event)) {
    const auto labels = labels_of(event);
    alerts.push_back(
        {{"status", status},
         {"labels", labels},
         {"annotations", annotations},
         {"startsAt", to_rfc3339(life.starts)},
         {"endsAt", life.begins ? kZeroTime : to_rfc3339(life.ends.value_or(life.starts))},
         {"generatorURL", generator_url(occasion)},
         {"fingerprint", fingerprint(labels)}});
  }
  const auto labels = alerts.front()["labels"];
  const Json group{{"alertname", labels["alertname"]}};
  const Json payload{{"receiver", occasion.webhook.name},
                     {"status", status},
                     {"alerts", alerts},
                     {"groupLabels", alerts.size() == 1 ? group : Json::object()},
                     {"commonLabels", common_of(alerts)},
                     {"commonAnnotations", annotations},
                     {"externalURL", occasion.context.external_url},
                     {"version", "4"},
                     {"groupKey", fmt::format("{{}}:{{alertname=\"{}\"}}",
                                              labels["alertname"].get<std::string>())},
                     {"truncatedAlerts", 0}};
  return {.body = text_of(payload)};
}

}  // namespace modelvane
