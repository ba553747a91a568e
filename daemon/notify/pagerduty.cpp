// PagerDuty Events v2: outages and broken pins page and resolve (/v2/enqueue); all other facts are
// change events, which do not page
// (/v2/change/enqueue). The routing key is the credential.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/hmac.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/plain_text.h"
#include "daemon/notify/rendering.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSummaryCharactersMax = 1'024;
constexpr std::size_t kDedupKeyBytesMax = 255;

struct Incident {
  EventType trigger;
  EventType resolve;
  std::string_view what;
};
constexpr std::array kIncidents{
    Incident{EventType::EndpointDown, EventType::EndpointUp, "down"},
    Incident{EventType::AliasPinBroken, EventType::AliasPinRestored, "pin"},
};

const Incident* incident_of(EventType type) {
  const auto found = std::ranges::find_if(
      kIncidents, [&](const Incident& one) { return one.trigger == type || one.resolve == type; });
  return found == kIncidents.end() ? nullptr : &*found;
}

std::string source_of(const Occasion& occasion) {
  return fmt::format("modelvane/{}", occasion.context.instance);
}

// A drill must not resolve a real incident.
std::string dedup_key(const Occasion& occasion, const Incident& incident) {
  const auto& event = occasion.first().event;
  auto key = fmt::format("{}/{}/{}{}", source_of(occasion), event.subject(), incident.what,
                         event.drill ? "/drill" : "");
  if (key.size() <= kDedupKeyBytesMax) return key;
  // A cut key could be another subject's, too.
  return fmt::format("{}/{}", source_of(occasion),
                     to_hex(hmac_sha256("", key).value_or(key.substr(0, 64))));
}

Json details_of(const Message& message) {
  Json details = Json::object();
  for (const auto& line : message.lines) {
    // Changed values of a hint share their label.
    auto& value = details[line.label];
    const auto text = harmless(line.value);
    value = value.is_null() ? text : fmt::format("{}\n{}", value.get<std::string>(), text);
  }
  details["Event"] = message.short_id;
  return details;
}

Json links_of(const Message& message) {
  if (message.link.empty()) return Json::array();
  return Json::array({Json{{"href", message.link}, {"text", "Open in modelvane"}}});
}

std::string_view severity_label(Severity severity) {
  constexpr std::array kLabels{std::string_view{"info"}, std::string_view{"info"},
                               std::string_view{"warning"}, std::string_view{"critical"}};
  return kLabels[static_cast<std::size_t>(severity)];
}

}  // namespace

Payload render_pagerduty(const Occasion& occasion) {
  const auto message = occasion.message();
  const auto& event = occasion.first().event;
  const auto* incident = incident_of(event.type);
  Json body{{"routing_key", occasion.secret}};
  if (incident != nullptr) {
    body["event_action"] = event.type == incident->trigger ? "trigger" : "resolve";
    body["dedup_key"] = dedup_key(occasion, *incident);
    if (event.type == incident->resolve) return {.body = text_of(body), .path = "/v2/enqueue"};
  }
  const auto summary = (event.drill ? "DRILL: " : "") + harmless(message.summary);
  body["payload"] = {{"summary", plain_text(summary, kSummaryCharactersMax)},
                     {"timestamp", to_rfc3339(event.time)},
                     {"source", source_of(occasion)}};
  if (incident != nullptr) body["payload"]["severity"] = severity_label(message.severity);
  body["payload"]["custom_details"] = details_of(message);
  body["links"] = links_of(message);
  return {.body = text_of(body),
          .path = incident != nullptr ? "/v2/enqueue" : "/v2/change/enqueue"};
}

// A wrong key comes with 400, like a bad event: {"status":"invalid event","errors":["'routing_key'
// is invalid"]} (developer.pagerduty.com, "Send an alert event").
Ruling rule_pagerduty(const HttpReply& reply) {
  if (reply.status != 400) return std::nullopt;
  auto text = to_lower(reply.body);
  std::ranges::replace(text, '_', ' ');
  if (text.find("routing key") == std::string::npos &&
      text.find("invalid key") == std::string::npos)
    return std::nullopt;
  return Verdict{.kind = VerdictClass::Config,
                 .sentence = "the receiver answered with status 400 (look at the routing key): " +
                             quotable(reply.body),
                 .retry_after = std::nullopt};
}

}  // namespace modelvane
