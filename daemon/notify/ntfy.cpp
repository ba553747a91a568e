// ntfy, of the service or one's own: JSON to the server's root, plain text, the page behind a tap.
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

// Of the 4,096 of a message; a longer one would become an attachment.
constexpr std::size_t kNtfyBytesMax = 3'900;
constexpr std::size_t kTitleBytesMax = 250;

// 3 is a notification as usual, 5 rings through silence.
int priority(Severity severity) {
  constexpr std::array kPriorities{3, 3, 4, 5};
  return kPriorities[static_cast<std::size_t>(severity)];
}

std::string_view tag(Severity severity) {
  constexpr std::array kTags{std::string_view{"white_check_mark"},
                             std::string_view{"information_source"}, std::string_view{"warning"},
                             std::string_view{"rotating_light"}};
  return kTags[static_cast<std::size_t>(severity)];
}

}  // namespace

Payload render_ntfy(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{
      .label_close = ":", .foreign = harmless, .room = kNtfyBytesMax, .size = bytes_of};
  const auto lines = lines_text(message, style);
  Json body{{"topic", occasion.webhook.topic},
            {"title", cut_to_bytes(title_of(message), kTitleBytesMax)},
            {"message", fmt::format("{}\n{}", lines.text, footer_of(message))},
            {"priority", priority(message.severity)},
            {"tags", Json::array({tag(message.severity)})}};
  if (!message.link.empty()) body["click"] = message.link;
  // JSON goes to the root; most manuals show the topic's own address.
  return {.body = text_of(body),
          .path = "/",
          .path_in_manuals = "/" + occasion.webhook.topic,
          .left_out = lines.left_out};
}

// The codes: docs.ntfy.sh and ntfy's server/errors.go. Its messages are cut to what it takes as
// one, so that 41301 speaks of the account's bandwidth.
Ruling rule_ntfy(const HttpReply& reply) {
  static constexpr std::array kCodes{
      AnswerCode{40009, VerdictClass::Config, "the topic is no name of a topic"},
      AnswerCode{40010, VerdictClass::Config, "the topic is not allowed"},
      AnswerCode{40023, VerdictClass::Config, "it wants a token"},
      AnswerCode{40902, VerdictClass::Config, "the topic is another's"},
      AnswerCode{41301, VerdictClass::Busy, "the limit of a day is reached"},
  };
  return rule_by_known_code(reply, "code", kCodes);
}

}  // namespace modelvane
