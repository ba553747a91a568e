// Mattermost incoming webhooks: one attachment with Markdown lines. In code spans Mattermost looks
// for no mentions and no links.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of the 16,383 of a post, with room for title, fallback and footer. Longer posts would be split.
constexpr std::size_t kMattermostCharactersMax = 14'000;

std::string_view mattermost_colour(Severity severity) {
  constexpr std::array kColours{std::string_view{"#2e7d32"}, std::string_view{"#1565c0"},
                                std::string_view{"#ef6c00"}, std::string_view{"#c62828"}};
  return kColours[static_cast<std::size_t>(severity)];
}

}  // namespace

Payload render_mattermost(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{.label_open = "**",
                        .label_close = ":**",
                        .foreign = code,
                        .line_end = "  \n",
                        .room = kMattermostCharactersMax,
                        .size = characters_of};
  Json attachment{{"fallback", harmless(message.summary)},
                  {"color", mattermost_colour(message.severity)},
                  {"title", message.heading}};
  if (!message.link.empty()) attachment["title_link"] = message.link;
  auto lines = lines_text(message, style);
  attachment["text"] = std::move(lines.text);
  attachment["footer"] = footer_of(message);
  Json body = Json::object();
  // In an attachment a mention calls nobody.
  if (const auto who = occasion.mentions(); !who.empty())
    body["text"] = fmt::format("{}", fmt::join(who, " "));
  body["attachments"] = Json::array({attachment});
  return {.body = text_of(body), .left_out = lines.left_out};
}

// A wrong key and a missing channel come with 400, like a bad text; an operator can mend those. The
// words: mattermost's server/i18n/en.json. Rocket.Chat takes its messages, too.
Ruling rule_mattermost(const HttpReply& reply) {
  using enum VerdictClass;
  static constexpr std::array kWords{
      AnswerWord{"web.incoming_webhook.text", Payload},
      AnswerWord{"web.incoming_webhook.parse", Payload},
      AnswerWord{"web.incoming_webhook.decode", Payload},
      AnswerWord{"web.incoming_webhook.media_type", Payload},
      AnswerWord{"web.incoming_webhook.split_props_length", Payload},
      AnswerWord{"web.incoming_webhook", Config},
      AnswerWord{"api.post.create_post.can_not_post_to_deleted", Config},
      AnswerWord{"api.post.create_post.town_square_read_only", Config},
      AnswerWord{"api.context.permissions", Config},
  };
  if (auto ruling = rule_by_word(reply, "id", kWords)) return ruling;
  return rule_slack_kin(reply);
}

}  // namespace modelvane
