// docs/RECIPES.md: receivers without a format of their own get what they take, and are understood.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "daemon/config/load_config.h"
#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"
#include "daemon/notify/notify.h"
#include "tests/docs/project.h"

using namespace modelvane;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

const Time kNow = *parse_rfc3339("2026-11-22T10:00:00Z");

WebhookConfig webhook_of_recipe(const std::string& name) {
  setenv("ROCKETCHAT_URL", "https://chat.example.com/hooks/id/token", 1);
  setenv("ZULIP_KEY", "hush", 1);
  setenv("INCIDENT_IO_TOKEN", "hush", 1);
  for (const auto& block : docs::code_blocks(docs::read("docs/RECIPES.md"), "yaml")) {
    if (!docs::has_word(block, name)) continue;
    const auto config = parse_config(
        block + "\nendpoints: [{name: a, url: \"https://example.com\", aliases: []}]\n", "recipe");
    REQUIRE_MESSAGE(config, to_text(config.error().front()));
    const auto found = std::ranges::find(config->webhooks, name, &WebhookConfig::name);
    REQUIRE(found != config->webhooks.end());
    return *found;
  }
  FAIL("no recipe for ", name);
  return {};
}

HttpRequest request_of(const WebhookConfig& webhook, EventType type) {
  const auto event = sample_event(type, "prod", kNow, 0);
  const StoredEvent stored{.sequence = 1,
                           .id = event.id,
                           .type = type,
                           .endpoint = event.endpoint,
                           .alias = event.about(),
                           .time = kNow,
                           .json = to_cloudevent(event, "urn:modelvane:prod")};
  auto request = make_request(webhook, std::array{&stored}, {"https://vane.example", "prod"}, kNow);
  REQUIRE_MESSAGE(request, request.error());
  return std::move(*request);
}

Verdict verdict_of(const WebhookConfig& webhook, int status, const std::string& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = body;
  return judge(webhook, reply, Mask{webhook}, kNow);
}

}  // namespace

TEST_CASE("Rocket.Chat takes Slack's messages, and its own word for yes counts") {
  const auto webhook = webhook_of_recipe("rocketchat");
  const auto request = request_of(webhook, EventType::AliasMoved);
  CHECK(request.url == "https://chat.example.com/hooks/id/token");
  CHECK(Json::parse(request.body).contains("text"));
  CHECK(verdict_of(webhook, 200, R"({"success":true})").kind == VerdictClass::Ok);
}

TEST_CASE("Zulip gets a form, and what it says is understood") {
  const auto webhook = webhook_of_recipe("zulip");
  const auto request = request_of(webhook, EventType::AliasMoved);
  CHECK(request.url == "https://zulip.example.com/api/v1/messages");
  CHECK(request.basic_username == "modelvane-bot@zulip.example.com");
  CHECK(request.body.starts_with("type=stream&to=models&topic="));
  CHECK(request.body.find("&content=DRILL%3A%20Alias%20moved") != std::string::npos);
  CHECK(verdict_of(webhook, 200, R"({"result":"success","msg":"","id":42})").kind ==
        VerdictClass::Ok);
  CHECK(verdict_of(webhook, 200, R"({"result":"error","msg":"no such stream"})").kind ==
        VerdictClass::Busy);
  const auto limited =
      verdict_of(webhook, 429, R"({"result":"error","code":"RATE_LIMIT_HIT","retry-after":28.5})");
  CHECK(limited.kind == VerdictClass::Busy);
  CHECK(limited.retry_after == 28500ms);
}

TEST_CASE("incident.io gets an alert that begins and the same one that ends") {
  const auto webhook = webhook_of_recipe("incidents");
  const auto down = request_of(webhook, EventType::EndpointDown);
  CHECK(down.has_header("Authorization"));
  const auto begun = Json::parse(down.body);
  const auto ended = Json::parse(request_of(webhook, EventType::EndpointUp).body);
  CHECK(begun["alerts"][0]["status"] == "firing");
  CHECK(ended["alerts"][0]["status"] == "resolved");
  CHECK(begun["alerts"][0]["fingerprint"] == ended["alerts"][0]["fingerprint"]);
}
