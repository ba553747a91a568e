// Google Chat: a text message with its few marks. Others' text stands in code spans, in which
// nothing is a mention or a link; "<" and ">" are replaced all the same, for no document says so.
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

// Of a message's 4,096, with room for title, link and footer.
constexpr std::size_t kGoogleChatCharactersMax = 3'500;

}  // namespace

Payload render_google_chat(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{.label_open = "*",
                        .label_close = ":*",
                        .foreign = harmless_code,
                        .room = kGoogleChatCharactersMax,
                        .size = characters_of};
  const auto lines = lines_text(message, style);
  std::string text;
  for (const auto& who : occasion.mentions()) text += who + " ";
  text += fmt::format("*{}*\n{}\n", title_of(message), lines.text);
  if (!message.link.empty()) text += fmt::format("<{}|Open in modelvane> · ", message.link);
  text += footer_of(message);
  return {.body = text_of(Json{{"text", text}}), .left_out = lines.left_out};
}

// The words: cloud.google.com/apis/design/errors. A key that is no longer good comes with 400, like
// a bad message; so does a space that takes none at the moment.
Ruling rule_google_chat(const HttpReply& reply) {
  using enum VerdictClass;
  static constexpr std::array kWords{
      AnswerWord{"UNAUTHENTICATED", Config},
      AnswerWord{"PERMISSION_DENIED", Config},
      AnswerWord{"NOT_FOUND", Config},
      AnswerWord{"FAILED_PRECONDITION", Config},
      AnswerWord{"RESOURCE_EXHAUSTED", Busy, true},
      AnswerWord{"UNAVAILABLE", Busy},
      AnswerWord{"ABORTED", Busy},
      AnswerWord{"INTERNAL", Busy},
      AnswerWord{"DEADLINE_EXCEEDED", Busy},
      AnswerWord{"INVALID_ARGUMENT", Payload},
  };
  if (is_decided_by_status(reply)) return std::nullopt;
  const auto json = Json::parse(reply.body, nullptr, false);
  const auto error = json.is_object() ? json.value("error", Json{}) : Json{};
  if (!error.is_object()) return std::nullopt;
  const bool is_key = reply.body.find("API_KEY_INVALID") != std::string::npos ||
                      reply.body.find("API key not valid") != std::string::npos ||
                      reply.body.find("API key expired") != std::string::npos;
  if (is_key) return refusal(Config, reply, "the key in the URL is wrong");
  const auto status = error.value("status", Json{});
  const auto* const found =
      std::ranges::find_if(kWords, [&](const AnswerWord& word) { return status == word.word; });
  return found == kWords.end() ? std::nullopt : Ruling{refusal(*found, reply)};
}

}  // namespace modelvane
