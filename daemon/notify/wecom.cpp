// WeCom group bots: Markdown of at most 4,096 bytes, others' text in code spans.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kContentBytesMax = 4'096;

std::string_view wecom_colour(Severity severity) {
  constexpr std::array kColours{std::string_view{"info"}, std::string_view{"comment"},
                                std::string_view{"warning"}, std::string_view{"warning"}};
  return kColours[static_cast<std::size_t>(severity)];
}

}  // namespace

Payload render_wecom(const Occasion& occasion) {
  const auto message = occasion.message();
  const auto title = fmt::format("**<font color=\"{}\">{}</font>**\n",
                                 wecom_colour(message.severity), message.heading);
  std::string footer;
  for (const auto& who : occasion.mentions()) footer += "\n" + who;
  footer += "\n" + footer_of(message);
  if (!message.link.empty())
    footer = fmt::format("\n[Open in modelvane]({}){}", message.link, footer);
  const auto frame = std::min(title.size() + footer.size(), kContentBytesMax);
  const LineStyle style{.label_open = "> ",
                        .label_close = ":",
                        .foreign = harmless_code,
                        .room = kContentBytesMax - frame,
                        .size = bytes_of};
  const auto lines = lines_text(message, style);
  const auto content = cut_to_bytes(title + lines.text + footer, kContentBytesMax);
  return {.body = text_of(Json{{"msgtype", "markdown"}, {"markdown", {{"content", content}}}}),
          .left_out = lines.left_out};
}

// The codes: developer.work.weixin.qq.com, "Group robots" and "Global error codes".
Ruling rule_wecom(const HttpReply& reply) {
  static constexpr std::array kCodes{
      AnswerCode{-1, VerdictClass::Busy, "it is busy"},
      AnswerCode{45009, VerdictClass::Busy, "too many messages"},
      AnswerCode{45033, VerdictClass::Busy, "too many messages at once"},
      AnswerCode{6000, VerdictClass::Busy, "two changes at once"},
      AnswerCode{93000, VerdictClass::Config, "the key in the URL is wrong"},
      AnswerCode{93004, VerdictClass::Config, "the bot is switched off"},
      AnswerCode{93008, VerdictClass::Config, "the bot is not in the group"},
      AnswerCode{60020, VerdictClass::Config, "this address is not on its list"},
      AnswerCode{40008, VerdictClass::Payload, "it does not know this kind of message"},
      AnswerCode{40035, VerdictClass::Payload, "it refuses this message"},
      AnswerCode{40058, VerdictClass::Payload, "it refuses this message"},
      AnswerCode{44004, VerdictClass::Payload, "the message is empty"},
      AnswerCode{45002, VerdictClass::Payload, "the message is too long"},
  };
  // One code for two things: a wrong key, and a message that is too long.
  if (reply.body.find("content exceed max length") != std::string::npos &&
      rule_by_code(reply, "errcode", kCodes).value_or(Verdict{}).kind != VerdictClass::Ok)
    return refusal(VerdictClass::Payload, reply, "the message is too long");
  return rule_by_code(reply, "errcode", kCodes);
}

}  // namespace modelvane
