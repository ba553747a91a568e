// Slack incoming webhooks. Blocks carry the message; `text` is what notifications show. "verbatim"
// keeps Slack from making links and mentions out of what looks like one.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/plain_text.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHeaderCharactersMax = 150;
// A section takes 3,000 characters, all blocks together about 13,000.
constexpr std::size_t kSectionCharactersMax = 2'900;
constexpr std::size_t kAllCharactersMax = 12'000;
constexpr std::size_t kTextCharactersMax = 300;

std::string foreign(std::string_view value) {
  return slack_escaped(code(value));
}

Json markdown(const std::string& text) {
  return {{"type", "mrkdwn"}, {"text", text}, {"verbatim", true}};
}

// Sections break between lines.
void add_sections(const std::string& text, Json& blocks) {
  std::string section;
  std::string_view rest = text;
  const auto flush = [&] {
    if (!section.empty()) blocks.push_back({{"type", "section"}, {"text", markdown(section)}});
    section.clear();
  };
  while (!rest.empty()) {
    const auto line =
        rest.substr(0, rest.find('\n') + (rest.find('\n') == std::string_view::npos ? 0 : 1));
    if (characters_of(section) + characters_of(line) > kSectionCharactersMax) flush();
    section += line;
    rest.remove_prefix(line.empty() ? rest.size() : line.size());
  }
  flush();
}

}  // namespace

Payload render_slack(const Occasion& occasion) {
  const auto message = occasion.message();
  Json blocks = Json::array();
  const auto title = plain_text(title_of(message), kHeaderCharactersMax);
  blocks.push_back(
      {{"type", "header"}, {"text", {{"type", "plain_text"}, {"text", title}, {"emoji", false}}}});
  const LineStyle style{.label_open = "*",
                        .label_close = ":*",
                        .foreign = foreign,
                        .room = kAllCharactersMax,
                        .size = characters_of};
  const auto lines = lines_text(message, style);
  for (const auto& who : occasion.mentions())
    blocks.push_back({{"type", "section"}, {"text", markdown(who)}});
  add_sections(lines.text, blocks);
  auto footer = footer_of(message);
  if (!message.link.empty())
    footer = fmt::format("<{}|Open in modelvane> · {}", slack_escaped(message.link), footer);
  blocks.push_back({{"type", "context"}, {"elements", Json::array({markdown(footer)})}});
  const auto text = slack_escaped(harmless(plain_text(message.summary, kTextCharactersMax)));
  return {.body = text_of(Json{{"text", text}, {"blocks", blocks}}), .left_out = lines.left_out};
}

// Old kinds of trouble come with 200 and a word instead of "ok"; a person, user or channel that is
// missing may come with 400. The words: docs.slack.dev, "Sending messages using incoming webhooks",
// "Handling errors".
Ruling rule_slack(const HttpReply& reply) {
  static constexpr std::array kWords{
      AnswerWord{"channel_is_archived", VerdictClass::Gone},
      AnswerWord{"invalid_payload", VerdictClass::Payload},
      AnswerWord{"invalid_blocks", VerdictClass::Payload},
      AnswerWord{"no_text", VerdictClass::Payload},
      AnswerWord{"rollup_error", VerdictClass::Busy},
      AnswerWord{"no_service", VerdictClass::Config},
      AnswerWord{"no_active_hooks", VerdictClass::Config},
      AnswerWord{"no_team", VerdictClass::Config},
      AnswerWord{"team_disabled", VerdictClass::Config},
      AnswerWord{"invalid_token", VerdictClass::Config},
      AnswerWord{"user_not_found", VerdictClass::Config},
      AnswerWord{"channel_not_found", VerdictClass::Config},
      AnswerWord{"action_prohibited", VerdictClass::Config},
      AnswerWord{"posting_to_general_channel_denied", VerdictClass::Config},
  };
  return rule_by_word(reply, "error", kWords);
}

}  // namespace modelvane
