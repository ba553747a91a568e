#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/notify/samples.h"

using namespace modelvane;
using Json = nlohmann::json;

namespace {

Json body_of(const std::string& format, std::vector<Mention> mentions,
             EventType type = EventType::AliasPinBroken) {
  auto webhook = samples::webhook(format);
  webhook.mentions = std::move(mentions);
  const auto request =
      samples::request_of(webhook, {samples::stored(samples::event_of(type))}, samples::then());
  return Json::parse(request.body);
}

std::vector<Mention> calls(const std::string& who) {
  return {{{"alias.pin_*"}, who}};
}

}  // namespace

TEST_CASE("a message calls whom its event is meant for, in the format's own way") {
  CHECK(body_of("slack", calls("<!subteam^S1>"))["blocks"][1]["text"]["text"] == "<!subteam^S1>");
  CHECK(body_of("mattermost", calls("@oncall"))["text"] == "@oncall");
  CHECK(body_of("feishu", calls("<at id=all></at>"))["card"]["elements"][1]["text"] ==
        Json{{"tag", "lark_md"}, {"content", "<at id=all></at>"}});
  CHECK(body_of("google_chat", calls("<users/all>"))["text"].get<std::string>().starts_with(
      "<users/all> *"));
  CHECK(body_of("telegram", calls("@anna"))["text"].get<std::string>().starts_with("@anna <b>"));
  CHECK(body_of("telegram", calls("42"))["text"].get<std::string>().starts_with(
      "<a href=\"tg://user?id=42\">42</a> <b>"));
  const auto wecom = body_of("wecom", calls("<@anna>"))["markdown"]["content"];
  CHECK(wecom.get<std::string>().find("\n<@anna>\n") != std::string::npos);
  const auto teams = body_of("teams", calls("Anna Ng <anna@example.com>"));
  const auto& card = teams["attachments"][0]["content"];
  CHECK(card["body"].back()["text"] == "<at>Anna Ng</at>");
  CHECK(card["msteams"]["entities"][0]["mentioned"]["id"] == "anna@example.com");
}

TEST_CASE("Discord and DingTalk are told whom the message may call, and nobody else") {
  const auto role = body_of("discord", calls("<@&77>"));
  CHECK(role["content"] == "<@&77>");
  CHECK(role["allowed_mentions"] == Json{{"parse", Json::array()}, {"roles", {"77"}}});
  CHECK(body_of("discord", calls("<@5>"))["allowed_mentions"]["users"] == Json{"5"});
  CHECK(body_of("discord", calls("<@!5>"))["allowed_mentions"]["users"] == Json{"5"});
  CHECK(body_of("discord", calls("@here"))["allowed_mentions"]["parse"] == Json{"everyone"});
  CHECK(body_of("dingtalk", calls("@all"))["at"]["isAtAll"] == true);
  CHECK(body_of("dingtalk", calls("13800000000"))["at"]["atMobiles"] == Json{"13800000000"});
  CHECK(body_of("dingtalk", calls("anna"))["at"]["atUserIds"] == Json{"anna"});
}

TEST_CASE("nobody is called for other events, and each once for several rules") {
  const auto other = body_of("discord", calls("<@5>"), EventType::AliasMoved);
  CHECK_FALSE(other.contains("content"));
  const auto twice = body_of("discord", {{{"alias.*"}, "<@5>"}, {{"alias.pin_broken"}, "<@5>"}});
  CHECK(twice["content"] == "<@5>");
}

TEST_CASE("without evidence the provider's rows are left out of what is sent") {
  auto webhook = samples::webhook("cloudevents");
  webhook.evidence = false;
  const auto event = samples::stored(samples::event_of(EventType::AliasMoved));
  const auto body = Json::parse(samples::request_of(webhook, {event}, samples::then()).body);
  auto whole = Json::parse(event.json);
  CHECK(whole["data"].erase("evidence") == 1);
  CHECK(body == whole);
}
