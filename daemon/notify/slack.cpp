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

std::string slack_code(std::string_view value) {
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
                        .foreign = slack_code,
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
// "Handling errors"; those of a token, a workspace and a channel: "chat.postMessage", "Errors",
// which triggers and gateways in front of it pass on.
Ruling rule_slack(const HttpReply& reply) {
  using enum VerdictClass;
  static constexpr std::array kWords{
      AnswerWord{"channel_is_archived", Gone},
      AnswerWord{"invalid_payload", Payload},
      AnswerWord{"invalid_blocks", Payload},
      AnswerWord{"invalid_blocks_format", Payload},
      AnswerWord{"invalid_attachments", Payload},
      AnswerWord{"too_many_attachments", Payload},
      AnswerWord{"missing_text_or_fallback_or_attachments", Payload},
      AnswerWord{"msg_too_long", Payload},
      AnswerWord{"msg_blocks_too_long", Payload},
      AnswerWord{"no_text", Payload},
      AnswerWord{"rollup_error", Busy},
      AnswerWord{"internal_error", Busy},
      AnswerWord{"fatal_error", Busy},
      AnswerWord{"service_unavailable", Busy},
      AnswerWord{"request_timeout", Busy},
      AnswerWord{"ratelimited", Busy, true},
      AnswerWord{"rate_limited", Busy, true},
      AnswerWord{"message_limit_exceeded", Busy, true},
      AnswerWord{"no_service", Config},
      AnswerWord{"no_service_id", Config},
      AnswerWord{"no_active_hooks", Config},
      AnswerWord{"no_team", Config},
      AnswerWord{"team_disabled", Config},
      AnswerWord{"team_not_found", Config},
      AnswerWord{"invalid_token", Config},
      AnswerWord{"invalid_auth", Config},
      AnswerWord{"not_authed", Config},
      AnswerWord{"account_inactive", Config},
      AnswerWord{"token_revoked", Config},
      AnswerWord{"token_expired", Config},
      AnswerWord{"missing_scope", Config},
      AnswerWord{"access_denied", Config},
      AnswerWord{"no_permission", Config},
      AnswerWord{"user_not_found", Config},
      AnswerWord{"channel_not_found", Config},
      AnswerWord{"not_in_channel", Config},
      AnswerWord{"is_archived", Config},
      AnswerWord{"action_prohibited", Config},
      AnswerWord{"restricted_action", Config},
      AnswerWord{"restricted_action_read_only_channel", Config},
      AnswerWord{"posting_to_general_channel_denied", Config},
      AnswerWord{"org_login_required", Config},
      AnswerWord{"ekm_access_denied", Config},
  };
  if (auto ruling = rule_by_word(reply, "error", kWords)) return ruling;
  return rule_slack_kin(reply);
}

// Who speaks like Slack: Rocket.Chat (its errors' words, `apps/meteor/app/integrations`) and Zulip
// (zulip.com/api/rest-error-handling). An answer that is no success by its own word, and gives no
// reason that is known, is tried again on schedule.
Ruling rule_slack_kin(const HttpReply& reply) {
  using enum VerdictClass;
  static constexpr std::array kRocketChat{
      AnswerWord{"Invalid integration id or token provided.", Config},
      AnswerWord{"invalid-channel", Config},
      AnswerWord{"[invalid-channel]", Config},
      AnswerWord{"error-invalid-channel", Config},
      AnswerWord{"error-invalid-room", Config},
      AnswerWord{"error-invalid-user", Config},
      AnswerWord{"error-not-allowed", Config},
      AnswerWord{"error-action-not-allowed", Config},
      AnswerWord{"error-room-archived", Config},
      AnswerWord{"error-message-size-exceeded", Payload},
      AnswerWord{"error-too-many-requests", Busy, true},
  };
  static constexpr std::array kZulip{
      AnswerWord{"INVALID_API_KEY", Config},        AnswerWord{"UNAUTHENTICATED_USER", Config},
      AnswerWord{"UNAUTHORIZED_PRINCIPAL", Config}, AnswerWord{"USER_DEACTIVATED", Config},
      AnswerWord{"REALM_DEACTIVATED", Config},      AnswerWord{"NONEXISTENT_SUBDOMAIN", Config},
      AnswerWord{"STREAM_DOES_NOT_EXIST", Config},  AnswerWord{"RATE_LIMIT_HIT", Busy, true},
  };
  if (auto ruling = rule_by_word(reply, "error", kRocketChat)) return ruling;
  if (auto ruling = rule_by_word(reply, "code", kZulip)) return ruling;
  const auto json = Json::parse(reply.body, nullptr, false);
  if (!is_success(reply) || !json.is_object()) return std::nullopt;
  const bool says_no = json.value("ok", Json{}) == false ||
                       json.value("success", Json{}) == false ||
                       json.value("result", Json{}) == "error";
  if (!says_no) return std::nullopt;
  return refusal(Busy, reply, "it says that it did not take the message");
}

}  // namespace modelvane
