// Discord webhooks: one embed. `wait=true`, because without it Discord says 204 to messages that it
// then drops.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of a description's 4,096; characters beyond the basic plane may count twice.
constexpr std::size_t kDiscordCharactersMax = 3'800;

int colour(Severity severity) {
  constexpr std::array kColours{0x2E7D32, 0x1565C0, 0xEF6C00, 0xC62828};
  return kColours[static_cast<std::size_t>(severity)];
}

// "<@1>", "<@!1>", "<@&2>", "@everyone", "@here": only these are called, whatever else stands in
// the message.
void add_discord_mentions(const Occasion& occasion, Json& body) {
  std::string content;
  auto& allowed = body["allowed_mentions"];
  for (const auto& who : occasion.mentions()) {
    content += (content.empty() ? "" : " ") + who;
    const bool is_role = who.starts_with("<@&");
    if (is_role || who.starts_with("<@")) {
      auto& ids = allowed[is_role ? "roles" : "users"];
      const std::size_t begin = is_role || who.starts_with("<@!") ? 3 : 2;
      ids.push_back(who.substr(begin, who.find('>') - begin));
    } else if (allowed["parse"].empty()) {
      allowed["parse"].push_back("everyone");
    }
  }
  if (!content.empty()) body["content"] = content;
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
                        .room = kDiscordCharactersMax,
                        .size = characters_of};
  Json embed{{"title", message.heading}};
  if (!message.link.empty()) embed["url"] = message.link;
  auto lines = lines_text(message, style);
  embed["description"] = std::move(lines.text);
  embed["color"] = colour(message.severity);
  embed["timestamp"] = to_rfc3339(occasion.first().event.time);
  embed["footer"] = {{"text", footer_of(message)}};
  Json body{{"allowed_mentions", {{"parse", Json::array()}}}};
  add_discord_mentions(occasion, body);
  body["embeds"] = Json::array({embed});
  return {.body = text_of(body), .query = "wait=true", .left_out = lines.left_out};
}

// The codes: docs.discord.com, "Opcodes and Status Codes". 10015 is "Unknown Webhook"; another 404
// comes from a proxy or a wrong path. A forum wants a thread, or a tag, or knows none.
Ruling rule_discord(const HttpReply& reply) {
  using enum VerdictClass;
  if (reply.status == 404 && has_code(reply, 10015))
    return Verdict{Gone, "the receiver answered with status 404 (the webhook was deleted)",
                   std::nullopt};
  static constexpr std::array kCodes{
      AnswerCode{10003, Config, "there is no such channel or thread"},
      AnswerCode{50001, Config, "the webhook may not see its channel"},
      AnswerCode{50013, Config, "the webhook may not write into its channel"},
      AnswerCode{50024, Config, "look at its channel"},
      AnswerCode{50027, Config, "the token in the URL is wrong"},
      AnswerCode{50083, Config, "the thread is archived"},
      AnswerCode{160005, Config, "the thread is locked"},
      AnswerCode{40058, Config, "a forum wants thread_id in the URL"},
      AnswerCode{40067, Config, "the forum wants a tag"},
      AnswerCode{220001, Config, "a forum wants thread_id in the URL"},
      AnswerCode{220002, Config, "look at its channel"},
      AnswerCode{220003, Config, "only a forum makes threads"},
      AnswerCode{20016, Busy, "too many messages"},
      AnswerCode{20028, Busy, "too many messages"},
      AnswerCode{20029, Busy, "too many messages"},
      AnswerCode{40062, Busy, "too many messages"},
      AnswerCode{130000, Busy, "it is busy"},
  };
  return rule_by_known_code(reply, "code", kCodes);
}

}  // namespace modelvane
