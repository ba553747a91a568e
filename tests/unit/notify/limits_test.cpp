// What receivers take at most, and what strangers' text may not do to them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/notify/layout.h"
#include "daemon/notify/plain_text.h"
#include "tests/unit/notify/samples.h"

using namespace modelvane;
using Json = nlohmann::json;

namespace {

const std::vector<std::string> kChats{"slack",    "mattermost", "discord",     "teams",    "feishu",
                                      "dingtalk", "wecom",      "google_chat", "telegram", "ntfy"};

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

// Longer than what a message shows of a name, in characters of three bytes, or of two when they are
// escaped in JSON.
Event longest(std::string_view unit) {
  auto event = samples::event_of(EventType::AliasMoved);
  const auto name = repeated(unit, 400);
  event.alias = name;
  event.from = event.to = name;
  event.summary = name;
  event.pin->approved.assign(20, name);
  event.retirement->replacement = name;
  for (int i = 0; i < 32; ++i) event.labels[fmt::format("label{}", i)] = name;
  for (int i = 0; i < 40; ++i) event.changed.push_back({fmt::format("/p{}", i), name, name});
  return event;
}

Json body_of(const std::string& format, const std::vector<StoredEvent>& events) {
  const auto request = samples::request_of(samples::webhook(format), events, samples::then());
  return Json::parse(request.body);
}

void check_slack(const Json& body) {
  REQUIRE(body["blocks"].size() <= 50);
  std::size_t all = 0;
  for (const auto& block : body["blocks"]) {
    const bool is_section = block["type"] == "section" || block["type"] == "header";
    if (!is_section) continue;
    const auto size = character_count(block["text"]["text"].get<std::string>());
    CHECK(size <= (block["type"] == "header" ? 150 : 3'000));
    CHECK(size > 0);
    all += size;
  }
  CHECK(all <= 13'000);
}

void check_discord(const Json& body) {
  REQUIRE(body["embeds"].size() == 1);
  const auto& embed = body["embeds"][0];
  CHECK(character_count(embed["title"].get<std::string>()) <= 256);
  CHECK(character_count(embed["description"].get<std::string>()) <= 4'096);
}

std::string without_marks(const std::string& html) {
  std::string text;
  bool is_mark = false;
  for (const char c : html) {
    is_mark = is_mark || c == '<';
    if (!is_mark) text += c;
    is_mark = is_mark && c != '>';
  }
  return text;
}

void check_limits(const std::string& format, const std::vector<StoredEvent>& events) {
  CAPTURE(format);
  const auto body = body_of(format, events);
  if (format == "slack") check_slack(body);
  if (format == "discord") check_discord(body);
  if (format == "wecom") CHECK(body["markdown"]["content"].get<std::string>().size() <= 4'096);
  if (format == "google_chat") CHECK(character_count(body["text"].get<std::string>()) <= 4'096);
  // Telegram counts without marks and entities; with them it may be more.
  if (format == "telegram") CHECK(character_count(without_marks(body["text"])) <= 4'096);
  if (format == "ntfy") CHECK(body["message"].get<std::string>().size() <= 4'096);
  if (format == "mattermost")
    CHECK(character_count(body["attachments"][0]["text"].get<std::string>()) <= 16'383);
  if (format == "feishu" || format == "dingtalk" || format == "teams")
    CHECK(body.dump().size() <= 20'000);
}

}  // namespace

TEST_CASE(
    "the longest events stay within every receiver's limits and remain valid UTF-8 and JSON") {
  for (const auto* unit : {"書", "\"", "\\", "&", "`", "😀", "@"}) {
    CAPTURE(unit);
    for (const auto& format : kChats) {
      check_limits(format, {samples::stored(longest(unit))});
      check_limits(format, std::vector<StoredEvent>(find_format(format)->events_max,
                                                    samples::stored(longest(unit))));
    }
    const auto pagerduty = body_of("pagerduty", {samples::stored(longest(unit))});
    CHECK(character_count(pagerduty["payload"]["summary"].get<std::string>()) <= 1'024);
  }
}

TEST_CASE("an incident's key is that of its installation and its subject") {
  const auto key = [](EventType type, NotifyContext context) {
    const auto event = samples::stored(samples::event_of(type));
    const std::array events{&event};
    const auto request =
        make_request(samples::webhook("pagerduty"), events, context, samples::then());
    return nlohmann::json::parse(request->body)["dedup_key"].get<std::string>();
  };
  const auto opened = key(EventType::EndpointDown, {.external_url = "", .instance = "prod-a"});
  const auto closed = key(EventType::EndpointUp, {.external_url = "", .instance = "prod-a"});
  CHECK(opened == closed);
  // Names that a person gave tell two installations apart.
  CHECK(key(EventType::EndpointDown, {.external_url = "", .instance = "prod-a"}) !=
        key(EventType::EndpointDown, {.external_url = "", .instance = "prod-b"}));
}

TEST_CASE("a name too long for a deduplication key gets a key of its own all the same") {
  auto one = samples::event_of(EventType::AliasPinBroken);
  auto other = one;
  one.alias = repeated("a", 1'000) + "1";
  other.alias = repeated("a", 1'000) + "2";
  const auto key = [](const Event& event) {
    return body_of("pagerduty", {samples::stored(event)})["dedup_key"].get<std::string>();
  };
  CHECK(key(one).size() <= 255);
  CHECK(key(one) != key(other));
  other.alias = one.alias;
  other.type = EventType::AliasPinRestored;
  CHECK(key(one) == key(other));
  other.drill = true;
  CHECK(key(one) != key(other));
}

TEST_CASE("an event too long for GitHub goes without its evidence") {
  auto event = samples::event_of(EventType::AliasMoved);
  event.evidence_after = fmt::format(R"({{"id":"{}"}})", repeated("x", 70'000));
  const auto body = body_of("github_dispatch", {samples::stored(event)});
  CHECK(body.dump().size() < 64'000);
  CHECK(body["client_payload"]["event"]["data"]["to"] == "internlm3-20b-instruct");
  CHECK_FALSE(body["client_payload"]["event"]["data"].contains("evidence"));
}

TEST_CASE("as many events as a chat message may carry fit with names of usual length") {
  auto event = samples::event_of(EventType::AliasMoved);
  for (const auto& format : kChats) {
    CAPTURE(format);
    const auto count = find_format(format)->events_max;
    const auto texts = samples::texts_of(
        body_of(format, std::vector<StoredEvent>(count, samples::stored(event))).dump());
    CHECK(texts.find("more") == std::string::npos);
    std::size_t shown = 0;
    for (auto at = texts.find(" → "); at != std::string::npos; at = texts.find(" → ", at + 1))
      ++shown;
    CHECK(shown == count);
  }
}

TEST_CASE("no mention or link of a model's name stands in a message outside of code") {
  const auto event = samples::stored(samples::hostile());
  for (const auto& format : kChats) {
    CAPTURE(format);
    auto texts = samples::texts_of(body_of(format, {event}).dump());
    const bool has_code = format == "slack" || format == "mattermost" || format == "discord" ||
                          format == "wecom" || format == "google_chat";
    for (auto open = texts.find("<code>"); open != std::string::npos; open = texts.find("<code>"))
      texts.erase(open, texts.find("</code>", open) + 7 - open);
    if (has_code) {
      for (auto open = texts.find('`'); open != std::string::npos; open = texts.find('`')) {
        const auto close = texts.find('`', open + 1);
        REQUIRE(close != std::string::npos);
        texts.erase(open, close - open + 1);
      }
    }
    for (const auto* trap : {"<!", "@everyone", "@all", "<@", "<at", "evil.example/", "://evil",
                             "www.evil", "<script"}) {
      CAPTURE(std::string{trap});
      CHECK(texts.find(trap) == std::string::npos);
    }
  }
  const auto slack = body_of("slack", {event}).dump();
  CHECK(slack.find("<!channel>") == std::string::npos);
  CHECK(slack.find("<https://evil") == std::string::npos);
  CHECK(body_of("discord", {event})["allowed_mentions"]["parse"].empty());
  const auto annotation = body_of("grafana_annotation", {event})["text"].get<std::string>();
  CHECK(annotation.find("<script") == std::string::npos);
  CHECK(annotation.find("<!channel") == std::string::npos);
}

TEST_CASE("a template's values cannot leave their place in the JSON") {
  const auto body = body_of("template", {samples::stored(samples::hostile())});
  CHECK(body.size() == 4);
  CHECK(body["text"].get<std::string>().find("{{event.id}}") != std::string::npos);
  CHECK(body["polls"] == 2);
  CHECK(body["team"] == "<!here>");
}

TEST_CASE("what looks like a link is broken up in plain text, and names with dots are not") {
  CHECK(harmless("see evil.example/path or http://a.b") ==
        "see evil[.]example/path or http[:]//a.b");
  CHECK(harmless("anthropic.claude-v2 qwen2.5/x gpt-4.1") ==
        "anthropic.claude-v2 qwen2.5/x gpt-4.1");
  CHECK(harmless("@all <b>") == "＠all ＜b＞");
  CHECK(code("a`b") == "`a'b`");
}

TEST_CASE("text is cut between characters") {
  CHECK(cut_to_bytes("書生書生", 12) == "書生書生");
  CHECK(cut_to_bytes("書生書生", 11) == "書生…");
  CHECK(cut_to_bytes("書生", 2) == "");
}
