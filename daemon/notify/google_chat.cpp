// Google Chat: a text message with its few marks. Others' text stands in code spans, in which
// nothing is a mention or a link; "<" and ">" are replaced all the same, for no document says so.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of a message's 4,096, with room for title, link and footer.
constexpr std::size_t kCharactersMax = 3'500;

std::string foreign(std::string_view value) {
  return code(harmless(value));
}

}  // namespace

Payload render_google_chat(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{.label_open = "*",
                        .label_close = ":*",
                        .foreign = foreign,
                        .room = kCharactersMax,
                        .size = characters_of};
  const auto lines = lines_text(message, style);
  std::string text;
  for (const auto& who : occasion.mentions()) text += who + " ";
  text += fmt::format("*{}*\n{}\n", title_of(message), lines.text);
  if (!message.link.empty()) text += fmt::format("<{}|Open in modelvane> · ", message.link);
  text += footer_of(message);
  return {.body = text_of(Json{{"text", text}}), .left_out = lines.left_out};
}

// A key that is no longer good comes with 400, like a bad message
// (cloud.google.com/apis/design/errors, API_KEY_INVALID).
Ruling rule_google_chat(const HttpReply& reply) {
  const bool is_key = reply.body.find("API_KEY_INVALID") != std::string::npos ||
                      reply.body.find("API key not valid") != std::string::npos;
  if (reply.status != 400 || !is_key) return std::nullopt;
  return Verdict{
      .kind = VerdictClass::Config,
      .sentence = "the receiver answered with status 400 (the key in the URL is wrong): " +
                  quotable(reply.body),
      .retry_after = std::nullopt};
}

}  // namespace modelvane
