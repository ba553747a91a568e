#include "tests/unit/notify/samples.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/events/event_json.h"

namespace modelvane::samples {
namespace {

using namespace std::chrono_literals;

SecretRef given(std::string value) {
  return {SecretRef::From::Inline, std::move(value)};
}

void add_alias(Event& event) {
  event.alias = "internlm3-latest";
  event.from = "internlm3-8b-instruct";
  event.to = "internlm3-20b-instruct";
  event.rule = Rule::Field;
  event.evidence_before = R"({"id":"internlm3-latest","ref_model":"internlm3-8b-instruct"})";
  event.evidence_after = R"({"id":"internlm3-latest","ref_model":"internlm3-20b-instruct"})";
  event.request_id = "req-7";
}

void add_facts(Event& event) {
  switch (event.type) {
    case EventType::AliasMoved:
      event.pin = PinState{{"internlm3-8b-instruct"}, false};
      event.retirement = Retirement{"internlm3-20b-instruct", then() + 24h * 30, "internlm4", 30};
      break;
    case EventType::AliasUnstable:
      event.targets = {"internlm3-20b-instruct", "internlm3-8b-instruct"};
      break;
    case EventType::AliasVanished:
    case EventType::AliasUndisclosed: event.to.reset(); break;
    case EventType::AliasAppeared:
    case EventType::AliasDisclosed: event.from.reset(); break;
    case EventType::AliasHint:
      event.from.reset();
      event.to.reset();
      event.changed = {{"/context_window", "8192", "32768"}, {"/name", "\"InternLM 3\"", ""}};
      break;
    case EventType::AliasPinBroken: event.pin = PinState{{"internlm3-8b-instruct"}, false}; break;
    case EventType::AliasPinRestored: event.pin = PinState{{"internlm3-20b-instruct"}, true}; break;
    default: break;
  }
}

void add_model(Event& event) {
  event.model = "internlm3-8b-instruct";
  event.aliases = {"internlm3-latest"};
  const auto retirement = Retirement{event.model, then() + 24h * 7, "internlm3-20b-instruct", 7};
  using enum EventType;
  if (event.type == ModelRetirementSet || event.type == ModelRetirementChanged ||
      event.type == ModelRetirementNear)
    event.retirement = retirement;
  if (event.type == ModelRetirementChanged || event.type == ModelRetirementCleared) {
    event.retirement_before = retirement;
    event.retirement_before->days_left.reset();
  }
}

std::string summary_of(const Event& event) {
  if (event.type == EventType::AliasMoved)
    return fmt::format("{} moved from {} to {}", event.alias, *event.from, *event.to);
  if (event.type == EventType::EndpointDown)
    return event.endpoint + " is down: no answer within 10s";
  if (event.type == EventType::EndpointUp) return event.endpoint + " is up again after 5m30s";
  return "";  // the message then makes its own
}

void collect(const nlohmann::json& value, std::string& texts) {
  if (value.is_string()) texts += value.get<std::string>() + "\n";
  if (!value.is_structured()) return;
  for (const auto& item : value) collect(item, texts);
}

void add_format_keys(WebhookConfig& webhook) {
  if (webhook.format == "feishu" || webhook.format == "dingtalk")
    webhook.vendor_secret = given("SECwatchword");
  if (webhook.format == "pagerduty")
    webhook.vendor_secret = given("0123456789abcdef0123456789abcdef");
  if (webhook.format == "gitlab_trigger") {
    webhook.vendor_secret = given("trigger-token");
    webhook.project = "team/evaluation";
    webhook.ref = "main";
  }
  if (webhook.format == "github_dispatch") webhook.repository = "acme/evaluation";
  if (webhook.format == "template") {
    webhook.body.pieces = {{R"({"text":"Alias )", "event.data.alias", true},
                           {R"( is now )", "event.data.to", true},
                           {R"(","polls":)", "event.data.confirmed_by_polls", false},
                           {R"(,"title":)", "message.title", false},
                           {R"(,"team":)", "event.data.labels.team", false},
                           {R"(})", "", false}};
  }
}

}  // namespace

Time then() {
  return *parse_rfc3339("2026-11-22T10:00:05.123Z");
}

Event event_of(EventType type) {
  Event event;
  event.id = fmt::format("evt_0198f0c2a7b37c5e8d1f2a3b4c5d{:04x}", static_cast<int>(type));
  event.type = type;
  event.time = then();
  event.endpoint = "internlm";
  event.observed_between = {{then() - 65s, then() - 5s}};
  event.confirmed_by_polls = 2;
  event.labels = {{"team", "search"}};
  const auto type_name = name(type);
  if (type_name.starts_with("alias.")) add_alias(event);
  if (type_name.starts_with("model.")) add_model(event);
  add_facts(event);
  if (type == EventType::EndpointDown || type == EventType::EndpointUp)
    event.reason = Reason::Timeout;
  if (type == EventType::EndpointDown) event.detail = "no answer within 10s";
  if (type == EventType::EndpointUp) event.lasted = 5min + 30s;
  if (type_name.starts_with("catalog.")) {
    event.models_before = 120;
    event.models_now = 30;
    event.ids = {"internlm2-7b", "internlm2-20b"};
    event.ids_count = 90;
  }
  event.drill = type == EventType::Drill;
  event.summary = summary_of(event);
  return event;
}

Event hostile() {
  auto event = event_of(EventType::AliasMoved);
  event.alias = "<!channel> @everyone @all <@U1> <at id=all></at>";
  event.from = "`code` *bold* [click](https://evil.example/a) www.evil.example";
  event.to = "x\"},{\"y\":\"\\ \n{{event.id}} ${CI_TOKEN} <script>alert(1)</script> \u202Etxt";
  event.retirement->replacement = "https://evil.example/b";
  event.pin->approved = {"<https://evil.example/c|safe>"};
  event.labels = {{"team", "<!here>"}};
  event.summary = fmt::format("{} moved from {} to {}", event.alias, *event.from, *event.to);
  return event;
}

StoredEvent stored(Event event, std::uint64_t sequence) {
  event.sequence = sequence;
  return {.sequence = sequence,
          .id = event.id,
          .type = event.type,
          .endpoint = event.endpoint,
          .alias = event.about(),
          .time = event.time,
          .json = to_cloudevent(event, "urn:modelvane:prod-a")};
}

WebhookConfig webhook(std::string_view format) {
  WebhookConfig webhook;
  webhook.name = "oncall";
  webhook.url = given("https://receiver.example/T000/token");
  webhook.format = format;
  add_format_keys(webhook);
  return webhook;
}

NotifyContext context() {
  return {.external_url = "https://vane.example/", .instance = "prod-a"};
}

HttpRequest request_of(const WebhookConfig& webhook, const std::vector<StoredEvent>& events,
                       Time now) {
  std::vector<const StoredEvent*> pointers;
  for (const auto& event : events) pointers.push_back(&event);
  auto request = make_request(webhook, pointers, context(), now);
  REQUIRE_MESSAGE(request.has_value(), request.error());
  return std::move(*request);
}

std::string texts_of(const std::string& json) {
  std::string texts;
  collect(nlohmann::json::parse(json), texts);
  return texts;
}

}  // namespace modelvane::samples
