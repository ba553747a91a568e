// PagerDuty Events v2: outages and broken pins page and resolve (/v2/enqueue); all other facts are
// change events, which do not page
// (/v2/change/enqueue). The routing key is the credential.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/incident.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/plain_text.h"
#include "daemon/notify/rendering.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPagerDutySummaryMax = 1'024;
constexpr std::size_t kDedupKeyBytesMax = 255;

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

}  // namespace

Payload render_pagerduty(const Occasion& occasion) {
  const auto message = occasion.message();
  const auto& event = occasion.first().event;
  const auto incident = incident_of(event);
  Json body{{"routing_key", occasion.secret}};
  if (incident) {
    body["event_action"] = incident->is_open ? "trigger" : "resolve";
    body["dedup_key"] = incident_key(occasion, *incident, kDedupKeyBytesMax);
    if (!incident->is_open) return {.body = text_of(body), .path = "/v2/enqueue"};
  }
  const auto summary = (event.drill ? "DRILL: " : "") + harmless(message.summary);
  body["payload"] = {{"summary", plain_text(summary, kPagerDutySummaryMax)},
                     {"timestamp", to_rfc3339(event.time)},
                     {"source", source_of(occasion)}};
  if (incident) body["payload"]["severity"] = severity_label(message.severity);
  body["payload"]["custom_details"] = details_of(message);
  body["links"] = links_of(message);
  return {.body = text_of(body), .path = incident ? "/v2/enqueue" : "/v2/change/enqueue"};
}

// A wrong key comes with 400, like a bad event: {"status":"invalid event","errors":["'routing_key'
// is invalid"]} (developer.pagerduty.com, "Send an alert event"). The status in the body counts
// beside a success, too.
Ruling rule_pagerduty(const HttpReply& reply) {
  static constexpr std::array kWords{
      AnswerWord{"invalid event", VerdictClass::Payload},
      AnswerWord{"throttle exceeded", VerdictClass::Busy, true},
  };
  auto ruling = rule_by_word(reply, "status", kWords);
  const bool is_refused = reply.status == 400 || (ruling && ruling->kind == VerdictClass::Payload);
  if (!is_refused) return ruling;
  auto text = to_lower(reply.body);
  std::ranges::replace(text, '_', ' ');
  const bool is_key = text.find("routing key") != std::string::npos ||
                      text.find("invalid key") != std::string::npos;
  return is_key ? refusal(VerdictClass::Config, reply, "look at the routing key") : ruling;
}

}  // namespace modelvane
