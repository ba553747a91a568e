// Feishu and Lark custom bots: a card of plain text elements, in which nothing is markup. The
// signature stands in the body.
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"
#include "daemon/notify/vendor_signature.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of 20 KB for the whole body.
constexpr std::size_t kFeishuBytesMax = 17'000;

std::string_view feishu_colour(Severity severity) {
  constexpr std::array kColours{std::string_view{"green"}, std::string_view{"blue"},
                                std::string_view{"orange"}, std::string_view{"red"}};
  return kColours[static_cast<std::size_t>(severity)];
}

Json plain(std::string_view text) {
  return {{"tag", "plain_text"}, {"content", text}};
}

}  // namespace

Payload render_feishu(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{
      .label_close = ":", .foreign = harmless, .room = kFeishuBytesMax, .size = json_bytes_of};
  const auto lines = lines_text(message, style);
  Json elements = Json::array({Json{{"tag", "div"}, {"text", plain(lines.text)}}});
  for (const auto& who : occasion.mentions())
    elements.push_back({{"tag", "div"}, {"text", {{"tag", "lark_md"}, {"content", who}}}});
  if (!message.link.empty()) {
    const Json button{{"tag", "button"},
                      {"text", plain("Open in modelvane")},
                      {"url", message.link},
                      {"type", "default"}};
    elements.push_back({{"tag", "action"}, {"actions", Json::array({button})}});
  }
  elements.push_back({{"tag", "note"}, {"elements", Json::array({plain(footer_of(message))})}});
  const Json card{
      {"config", {{"wide_screen_mode", true}}},
      {"header",
       {{"title", plain(title_of(message))}, {"template", feishu_colour(message.severity)}}},
      {"elements", elements}};
  Json body;
  if (!occasion.secret.empty()) {
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(occasion.now.time_since_epoch()).count();
    body["timestamp"] = std::to_string(seconds);
    body["sign"] = feishu_signature(occasion.secret, seconds);
  }
  body["msg_type"] = "interactive";
  body["card"] = card;
  return {.body = text_of(body), .left_out = lines.left_out};
}

// The codes: open.feishu.cn, "Custom bots", "Errors".
Ruling rule_feishu(const HttpReply& reply) {
  static constexpr std::array kCodes{
      AnswerCode{9499, VerdictClass::Payload, "it refuses this message"},
      AnswerCode{11232, VerdictClass::Busy, "too many messages"},
      AnswerCode{11246, VerdictClass::Payload, "it refuses this card"},
      AnswerCode{11247, VerdictClass::Busy, "too many messages"},
      AnswerCode{19001, VerdictClass::Config, "the token in the URL is wrong"},
      AnswerCode{19002, VerdictClass::Payload, "it refuses this message"},
      AnswerCode{19021, VerdictClass::Config,
                 "the signing secret is wrong, or this clock is an hour off"},
      AnswerCode{19022, VerdictClass::Config, "this address is not on the bot's list"},
      AnswerCode{19024, VerdictClass::Config,
                 "the bot wants a keyword: let it be modelvane, or sign"},
  };
  // One code for two things: too many messages, and a message that it cannot read.
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  const auto said = json.is_object() ? json.value("msg", Json{}) : Json{};
  if (said.is_string() && said.get<std::string>().find("too many request") != std::string::npos)
    return Verdict{
        .kind = VerdictClass::Busy,
        .sentence = "the receiver answered with too many requests: " + quotable(reply.body),
        .retry_after = std::nullopt,
        .throttled = true};
  const bool is_old = json.is_object() && !json.contains("code");
  return rule_by_code(reply, is_old ? "StatusCode" : "code", kCodes);
}

}  // namespace modelvane
