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
constexpr std::size_t kLinesBytesMax = 3'900;
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
      .label_close = ":", .foreign = harmless, .room = kLinesBytesMax, .size = bytes_of};
  const auto lines = lines_text(message, style);
  Json body{{"topic", occasion.webhook.topic},
            {"title", cut_to_bytes(title_of(message), kTitleBytesMax)},
            {"message", fmt::format("{}\n{}", lines.text, footer_of(message))},
            {"priority", priority(message.severity)},
            {"tags", Json::array({tag(message.severity)})}};
  if (!message.link.empty()) body["click"] = message.link;
  return {.body = text_of(body), .left_out = lines.left_out};
}

// The codes: docs.ntfy.sh and ntfy's server/errors.go.
Ruling rule_ntfy(const HttpReply& reply) {
  static constexpr std::array kCodes{
      AnswerCode{40009, VerdictClass::Config, "the topic is no name of a topic"},
      AnswerCode{40010, VerdictClass::Config, "the topic is not allowed"},
  };
  if (reply.status != 400) return std::nullopt;
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  const auto code = json.is_object() ? json.value("code", nlohmann::json{}) : nlohmann::json{};
  const auto* const found =
      std::ranges::find_if(kCodes, [&](const AnswerCode& known) { return code == known.code; });
  if (found == kCodes.end()) return std::nullopt;
  return Verdict{.kind = found->kind,
                 .sentence = fmt::format("the receiver answered with status 400 ({}): {}",
                                         found->meaning, quotable(reply.body)),
                 .retry_after = std::nullopt};
}

}  // namespace modelvane
