// Microsoft Teams through a workflow ("when a webhook request is received"): an Adaptive Card.
// Everything foreign stands in text runs, which, unlike text blocks, know no Markdown.
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

// Microsoft says 28 KB, 21 were measured. Each line costs about 200 bytes of card around its text.
constexpr std::size_t kTeamsBytesMax = 17'000;
constexpr std::size_t kLineOverheadBytes = 220;

std::string_view teams_colour(Severity severity) {
  constexpr std::array kColours{std::string_view{"good"}, std::string_view{"accent"},
                                std::string_view{"warning"}, std::string_view{"attention"}};
  return kColours[static_cast<std::size_t>(severity)];
}

Json run(std::string_view text) {
  return {{"type", "TextRun"}, {"text", text}};
}

Json paragraph(Json runs) {
  return {{"type", "RichTextBlock"}, {"inlines", std::move(runs)}};
}

Json line_paragraph(const MessageLine& line, std::string_view value) {
  auto label = run(line.label + ": ");
  label["weight"] = "bolder";
  auto text = run(value);
  if (line.is_foreign) text["fontType"] = "monospace";
  auto block = paragraph(Json::array({label, text}));
  block["spacing"] = "small";
  return block;
}

// How many lines found no room.
std::size_t add_lines(const Message& message, Json& body) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < message.lines.size(); ++i) {
    const auto& line = message.lines[i];
    const auto value = line.is_foreign ? harmless(line.value) : line.value;
    used += json_bytes_of(value) + kLineOverheadBytes;
    if (used > kTeamsBytesMax) {
      const auto left_out = message.lines.size() - i;
      body.push_back(paragraph(Json::array({run(fmt::format("… and {} more", left_out))})));
      return left_out;
    }
    body.push_back(line_paragraph(line, value));
  }
  return 0;
}

// "Name <user@example.com>": the name stands in the text, and the card says who that is.
void add_teams_mentions(const Occasion& occasion, Json& card) {
  std::string text;
  Json entities = Json::array();
  for (const auto& who : occasion.mentions()) {
    const auto open = who.find(" <");
    const auto name = who.substr(0, open);
    const auto id =
        open == std::string::npos ? who : who.substr(open + 2, who.find('>', open) - open - 2);
    const auto mark = fmt::format("<at>{}</at>", name);
    text += (text.empty() ? "" : " ") + mark;
    entities.push_back(
        {{"type", "mention"}, {"text", mark}, {"mentioned", {{"id", id}, {"name", name}}}});
  }
  if (entities.empty()) return;
  card["body"].push_back({{"type", "TextBlock"}, {"text", text}, {"wrap", true}});
  card["msteams"]["entities"] = entities;
}

}  // namespace

Payload render_teams(const Occasion& occasion) {
  const auto message = occasion.message();
  auto title = run(title_of(message));
  title["size"] = "large";
  title["weight"] = "bolder";
  title["color"] = teams_colour(message.severity);
  Json body = Json::array({paragraph(Json::array({title}))});
  const auto left_out = add_lines(message, body);
  auto id = run(footer_of(message));
  id["isSubtle"] = true;
  id["size"] = "small";
  body.push_back(paragraph(Json::array({id})));
  Json card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
            {"type", "AdaptiveCard"},
            {"version", "1.2"},
            {"body", body}};
  if (!message.link.empty())
    card["actions"] = Json::array(
        {Json{{"type", "Action.OpenUrl"}, {"title", "Open in modelvane"}, {"url", message.link}}});
  card["msteams"] = {{"width", "full"}};
  add_teams_mentions(occasion, card);
  const Json attachment{{"contentType", "application/vnd.microsoft.card.adaptive"},
                        {"contentUrl", nullptr},
                        {"content", card}};
  return {.body = text_of(Json{{"type", "message"}, {"attachments", Json::array({attachment})}}),
          .left_out = left_out};
}

// The older connectors hid a 429 in the text of a 200. A flow that its owner switched off answers
// 400 or 404 with the trigger's state (learn.microsoft.com, Logic Apps,
// "WorkflowTriggerIsNotEnabled"), and one whose URL lost its signature or version with a word of
// those.
Ruling rule_teams(const HttpReply& reply) {
  constexpr std::string_view kHidden = "Microsoft Teams endpoint returned HTTP error ";
  constexpr std::string_view kBegins = "Webhook message delivery failed";
  constexpr std::array kOfFlow{
      std::string_view{"Workflow"},          std::string_view{"Flow"},
      std::string_view{"DirectApi"},         std::string_view{"MissingApiVersion"},
      std::string_view{"InvalidApiVersion"}, std::string_view{"UnsupportedApiVersion"},
      std::string_view{"Environment"},
  };
  const std::string_view body = reply.body;
  const auto place = body.find(kHidden);
  if (reply.status == 200 && place != std::string::npos &&
      (place == 0 || body.starts_with(kBegins))) {
    return Verdict{.kind = VerdictClass::Busy,
                   .sentence = "the receiver answered with status 200: " + quotable(reply.body),
                   .retry_after = std::nullopt,
                   .throttled = body.substr(place + kHidden.size()).starts_with("429")};
  }
  const auto json = Json::parse(reply.body, nullptr, false);
  const auto error = json.is_object() ? json.value("error", Json{}) : Json{};
  const auto said = error.is_object() ? error.value("code", Json{}) : Json{};
  if (reply.status != 400 || !said.is_string()) return std::nullopt;
  const auto code = said.get<std::string>();
  const bool is_of_flow = std::ranges::any_of(
      kOfFlow, [&](std::string_view beginning) { return code.starts_with(beginning); });
  return is_of_flow ? Ruling{refusal(VerdictClass::Config, reply, "look at the flow and its URL")}
                    : std::nullopt;
}

}  // namespace modelvane
