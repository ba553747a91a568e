// DingTalk custom bots: a text message, in which nothing is markup. Signature and time stand in the
// query.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"
#include "daemon/notify/vendor_signature.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of 20,000 bytes for the whole body.
constexpr std::size_t kDingTalkBytesMax = 17'000;

// "@all", a mobile number or a user's id: named in the text, and in a list beside it.
Json called(const std::vector<std::string>& mentions, std::string& text) {
  Json at{{"isAtAll", false}};
  for (const auto& who : mentions) {
    const auto plain = who.starts_with('@') ? who.substr(1) : who;
    const bool is_number = plain.find_first_not_of("+-0123456789") == std::string::npos;
    text += " @" + plain;
    if (plain == "all") {
      at["isAtAll"] = true;
    } else {
      at[is_number ? "atMobiles" : "atUserIds"].push_back(plain);
    }
  }
  return at;
}

}  // namespace

Payload render_dingtalk(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{
      .label_close = ":", .foreign = harmless, .room = kDingTalkBytesMax, .size = json_bytes_of};
  const auto lines = lines_text(message, style);
  auto text = fmt::format("{}\n{}\n", title_of(message), lines.text);
  if (!message.link.empty()) text += message.link + "\n";
  text += footer_of(message);
  const auto at = called(occasion.mentions(), text);
  const Json body{{"msgtype", "text"}, {"text", {{"content", text}}}, {"at", at}};
  Payload payload{.body = text_of(body), .left_out = lines.left_out};
  if (!occasion.secret.empty()) {
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(occasion.now.time_since_epoch()).count();
    payload.query = fmt::format("timestamp={}&sign={}", milliseconds,
                                url_encoded(dingtalk_signature(occasion.secret, milliseconds)));
  }
  return payload;
}

// The codes: open.dingtalk.com, "Custom robots" and "Global error codes".
Ruling rule_dingtalk(const HttpReply& reply) {
  static constexpr std::array kCodes{
      AnswerCode{-1, VerdictClass::Busy, "it is busy"},
      AnswerCode{130101, VerdictClass::Busy, "too many messages"},
      AnswerCode{410100, VerdictClass::Busy, "too many messages"},
      AnswerCode{310000, VerdictClass::Config,
                 "keyword, signing secret, address or clock do not suit it"},
      AnswerCode{300001, VerdictClass::Config, "the token in the URL is wrong"},
      AnswerCode{400101, VerdictClass::Config, "the token in the URL is wrong"},
      AnswerCode{400106, VerdictClass::Config, "there is no such bot"},
      AnswerCode{400102, VerdictClass::Config, "the bot is switched off"},
      AnswerCode{400013, VerdictClass::Config, "the group was dissolved"},
      AnswerCode{88, VerdictClass::Config, "the token in the URL is wrong"},
      AnswerCode{404, VerdictClass::Config, "there is nothing at the URL"},
      AnswerCode{40035, VerdictClass::Payload, "it refuses this message"},
      AnswerCode{400105, VerdictClass::Payload, "it does not know this kind of message"},
      AnswerCode{430101, VerdictClass::Payload, "it does not like a link in the message"},
      AnswerCode{430102, VerdictClass::Payload, "it does not like a word of the message"},
      AnswerCode{430103, VerdictClass::Payload, "it does not like a picture of the message"},
      AnswerCode{430104, VerdictClass::Payload, "it does not like the message"},
      AnswerCode{460101, VerdictClass::Payload, "the message is too long"},
  };
  // Its gateway refuses in a shape of its own: {"status":1111,"wait":5,"punish":"deny"}.
  const auto json = Json::parse(reply.body, nullptr, false);
  if (json.is_object() && json.contains("punish")) {
    auto verdict = refusal(VerdictClass::Busy, reply, "its gateway refuses for a while");
    verdict.throttled = true;
    if (const auto wait = json.value("wait", Json{}); wait.is_number_unsigned())
      verdict.retry_after = wait_of_seconds(wait.get<double>(), Time{});
    return verdict;
  }
  return rule_by_code(reply, "errcode", kCodes);
}

}  // namespace modelvane
