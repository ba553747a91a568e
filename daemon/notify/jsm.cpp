// Jira Service Management (Opsgenie before it): an alert that its end closes by the same alias. All
// other facts are alerts of the lowest priority, which wake nobody and stay until somebody closes
// them.
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
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMessageCharactersMax = 130;
constexpr std::size_t kAliasBytesMax = 512;
constexpr std::size_t kJsmCharactersMax = 14'000;  // of 15,000
constexpr std::string_view kPath = "/v2/alerts";

std::string priority_of(const Occasion& occasion, bool is_incident) {
  if (!is_incident) return "P5";
  return occasion.webhook.priority;
}

std::string description_of(const Message& message) {
  const LineStyle style{
      .label_close = ":", .foreign = harmless, .room = kJsmCharactersMax, .size = characters_of};
  auto text = lines_text(message, style).text;
  if (!message.link.empty()) text += "\n" + message.link;
  return text;
}

}  // namespace

Payload render_jsm(const Occasion& occasion) {
  const auto message = occasion.message();
  const auto& event = occasion.first().event;
  const auto incident = incident_of(event);
  const HttpHeaders headers{{"Authorization", "GenieKey " + occasion.secret}};
  const auto alias = incident ? incident_key(occasion, *incident, kAliasBytesMax) : event.id;
  if (incident && !incident->is_open) {
    const Json body{{"source", source_of(occasion)}, {"note", harmless(message.summary)}};
    return {.body = text_of(body),
            .path = fmt::format("{}/{}/close", kPath, percent_encode(alias)),
            .query = "identifierType=alias",
            .headers = headers};
  }
  const auto summary = (event.drill ? "DRILL: " : "") + harmless(message.summary);
  Json tags = Json::array({"modelvane", name(event.type)});
  const Json body{{"message", plain_text(summary, kMessageCharactersMax)},
                  {"alias", alias},
                  {"description", description_of(message)},
                  {"priority", priority_of(occasion, incident.has_value())},
                  {"source", source_of(occasion)},
                  {"entity", harmless(message.about)},
                  {"tags", tags},
                  {"details", {{"event", event.id}, {"endpoint", event.endpoint}}}};
  return {.body = text_of(body), .path = std::string{kPath}, .headers = headers};
}

// A wrong key comes with 422, like a bad alert (docs.opsgenie.com, "Response"; the words are those
// that users report), and an account that is not paid for with 402.
Ruling rule_jsm(const HttpReply& reply) {
  static constexpr std::array kOfKey{
      std::string_view{"key format"},     std::string_view{"could not authenticate"},
      std::string_view{"api key"},        std::string_view{"apikey"},
      std::string_view{"not authorized"}, std::string_view{"integration"},
  };
  if (reply.status == 402) return refusal(VerdictClass::Config, reply, "look at its account");
  if (reply.status != 400 && reply.status != 422) return std::nullopt;
  const auto json = Json::parse(reply.body, nullptr, false);
  const auto said = json.is_object() ? json.value("message", Json{}) : Json{};
  if (!said.is_string()) return std::nullopt;
  const auto message = to_lower(said.get<std::string>());
  const bool is_of_key = std::ranges::any_of(
      kOfKey, [&](std::string_view words) { return message.find(words) != std::string::npos; });
  return is_of_key ? Ruling{refusal(VerdictClass::Config, reply, "look at the API key")}
                   : std::nullopt;
}

}  // namespace modelvane
