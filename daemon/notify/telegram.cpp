// Telegram bots: an HTML message, others' text escaped and in code, where no client looks for
// mentions and links. The bot's token stands in the path.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of the 4,096 of a message, counted without its marks, with room for title and footer.
constexpr std::size_t kTelegramCharactersMax = 3'600;

std::string telegram_code(std::string_view value) {
  return value.empty() ? "" : fmt::format("<code>{}</code>", slack_escaped(value));
}

// "@name", or the number of a user without one.
std::string called(const std::string& who) {
  if (!std::ranges::all_of(who, is_digit)) return slack_escaped(who);
  return fmt::format("<a href=\"tg://user?id={0}\">{0}</a>", who);
}

// Numbers of chats and threads are numbers; "@channel" is a text.
Json chat(const std::string& id) {
  const bool is_number = !id.empty() && (id.front() == '-' || is_digit(id.front())) &&
                         std::all_of(id.begin() + 1, id.end(), is_digit);
  return is_number ? Json::parse(id, nullptr, false) : Json(id);
}

}  // namespace

Payload render_telegram(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{.label_open = "<b>",
                        .label_close = ":</b>",
                        .foreign = telegram_code,
                        .room = kTelegramCharactersMax,
                        .size = characters_of};
  const auto lines = lines_text(message, style);
  std::string text;
  for (const auto& who : occasion.mentions()) text += called(who) + " ";
  text += fmt::format("<b>{}</b>\n{}\n", slack_escaped(title_of(message)), lines.text);
  if (!message.link.empty())
    text += fmt::format("<a href=\"{}\">Open in modelvane</a> · ", slack_escaped(message.link));
  text += footer_of(message);
  Json body{{"chat_id", chat(occasion.webhook.chat_id)}};
  if (!occasion.webhook.thread_id.empty())
    body["message_thread_id"] = chat(occasion.webhook.thread_id);
  body["text"] = text;
  body["parse_mode"] = "HTML";
  body["link_preview_options"] = {{"is_disabled", true}};
  return {.body = text_of(body),
          .path = fmt::format("/bot{}/sendMessage", occasion.secret),
          .left_out = lines.left_out};
}

// {"ok":false,"error_code":400,"description":"Bad Request: chat not found"}. Of all 400s only those
// about the text are the event's; the others are about the chat, and a person can mend them
// (core.telegram.org/bots/api, "Making requests").
Ruling rule_telegram(const HttpReply& reply) {
  static constexpr std::array kOfText{std::string_view{"too long"}, std::string_view{"empty"},
                                      std::string_view{"parse entities"},
                                      std::string_view{"message must be non-empty"}};
  if (is_decided_by_status(reply)) return std::nullopt;
  const auto json = Json::parse(reply.body, nullptr, false);
  if (!json.is_object() || json.value("ok", Json{}) != false) return std::nullopt;
  const auto said = json.value("error_code", Json{});
  const int code = is_success(reply) && said.is_number_integer() ? said.get<int>() : reply.status;
  if (code == 400) {
    const auto description = json.value("description", Json{});
    const auto text = description.is_string() ? description.get<std::string>() : "";
    const bool is_of_chat_id = text.find("chat_id is empty") != std::string::npos;
    const bool is_of_text =
        !is_of_chat_id && std::ranges::any_of(kOfText, [&](std::string_view words) {
          return text.find(words) != std::string::npos;
        });
    if (!is_of_text) return refusal(VerdictClass::Config, reply, "look at chat_id and thread_id");
    return is_success(reply)
               ? Ruling{refusal(VerdictClass::Payload, reply, "it refuses this message")}
               : std::nullopt;
  }
  if (!is_success(reply)) return std::nullopt;
  if (code == 401 || code == 403 || code == 404)
    return refusal(VerdictClass::Config, reply, "look at bot_token and chat_id");
  auto verdict = refusal(VerdictClass::Busy, reply, "it did not take the message");
  verdict.is_limit = verdict.throttled = code == 429;
  return verdict;
}

}  // namespace modelvane
