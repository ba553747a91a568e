// Discord webhooks: one embed. `wait=true`, because without it Discord says 204 to messages that it
// then drops.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of a description's 4,096; characters beyond the basic plane may count twice.
constexpr std::size_t kDescriptionCharactersMax = 3'800;

int colour(Severity severity) {
  constexpr std::array kColours{0x2E7D32, 0x1565C0, 0xEF6C00, 0xC62828};
  return kColours[static_cast<std::size_t>(severity)];
}

bool has_code(const HttpReply& reply, long code) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  return json.is_object() && json.contains("code") && json["code"] == code;
}

}  // namespace

Payload render_discord(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{.label_open = "**",
                        .label_close = ":**",
                        .foreign = code,
                        .room = kDescriptionCharactersMax,
                        .size = characters_of};
  Json embed{{"title", message.heading}};
  if (!message.link.empty()) embed["url"] = message.link;
  embed["description"] = lines_text(message, style);
  embed["color"] = colour(message.severity);
  embed["timestamp"] = to_rfc3339(occasion.first().event.time);
  embed["footer"] = {{"text", footer_of(message)}};
  const Json body{{"allowed_mentions", {{"parse", Json::array()}}},
                  {"embeds", Json::array({embed})}};
  return {.body = text_of(body), .query = "wait=true"};
}

Ruling rule_discord(const HttpReply& reply) {
  // 10015 is "Unknown Webhook"; another 404 comes from a proxy or a wrong path. The codes:
  // docs.discord.com, "Opcodes and Status Codes".
  if (reply.status == 404 && has_code(reply, 10015))
    return Verdict{VerdictClass::Gone,
                   "the receiver answered with status 404 (the webhook was deleted)", std::nullopt};
  if (reply.status != 429) return std::nullopt;
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (!json.is_object() || !json.contains("retry_after") || !json["retry_after"].is_number())
    return std::nullopt;
  // Within a day: a number that does not fit into a duration is no wish that can be granted.
  constexpr double kLongest = 86'400;
  const auto seconds = std::clamp(json["retry_after"].get<double>(), 0.0, kLongest);
  return Verdict{.kind = VerdictClass::Busy,
                 .sentence = "the receiver answered with status 429 (too many requests)",
                 .retry_after = std::chrono::ceil<Duration>(std::chrono::duration<double>{seconds}),
                 .throttled = true};
}

}  // namespace modelvane
