#include "tests/unit/notify/samples.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/detect/unwatched.h"
#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"
#include "tests/unit/detect/story.h"

namespace modelvane::samples {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAlias = "internlm3-latest";
constexpr const char* kOld = "internlm3-8b-instruct";
constexpr const char* kNew = "internlm3-20b-instruct";

// What one poll shows of the small provider in these stories.
struct Shown {
  std::string target = kOld;  // "" = not disclosed
  bool has_alias = true;
  int others = 8;  // models that nobody points to
  bool has_old = true;
  std::optional<Ending> old_ends{};
  std::optional<Ending> new_ends{};
  std::vector<std::string> hints{};
};

std::shared_ptr<const Catalog> list(const Shown& shown) {
  Targets targets{{kNew, ""}};
  if (shown.has_old) targets.emplace(kOld, "");
  if (shown.has_alias) targets.emplace(kAlias, shown.target);
  for (int i = 0; i < shown.others; ++i) targets.emplace(fmt::format("internlm2-{:02}", i), "");
  auto catalog = std::make_shared<Catalog>(*Story::catalog(targets));
  for (auto& row : catalog->aliases)
    row.evidence = fmt::format(R"({{"id":"{}","ref_model":"{}"}})", row.id, row.target);
  if (shown.has_alias && shown.target.empty()) catalog->undisclosed = {kAlias};
  if (!shown.hints.empty()) catalog->hints = {{.id = kAlias, .values = shown.hints}};
  const auto add = [&](const char* id, const std::optional<Ending>& ending) {
    if (ending)
      catalog->lifecycles.push_back(
          {.id = id, .retires_at = ending->at, .replacement = ending->replacement});
  };
  add(kNew, shown.new_ends);
  add(kOld, shown.old_ends);
  return catalog;
}

struct Tale : Story {
  Tale() {
    watched.instance = "prod-a";
    watched.labels = {{"team", "search"}};
    watched.hints = {"/context_window", "/name"};
  }
  Tale& shows(const Shown& shown, int polls = 2) {
    const auto catalog = list(shown);
    while (polls-- > 0) sees({.at = now, .result = catalog, .request_id = "req-7"});
    return *this;
  }
  Tale& times_out(int polls) {
    while (polls-- > 0) {
      PollFailure failure{.reason = Reason::Timeout, .sentence = "no complete answer within 10s"};
      sees({.at = now, .result = std::unexpected(std::move(failure)), .request_id = ""});
    }
    return *this;
  }
};

Ending ends_in(int days, const char* replacement) {
  return {.at = then() + 24h * days, .replacement = replacement};
}

// The story that ends with an event of this type.
void tell(EventType type, Tale& tale) {
  using enum EventType;
  const Ending soon = ends_in(30, "internlm4");
  const Shown deprecated{.old_ends = ends_in(90, kNew)};
  switch (type) {
    case AliasMoved:
    case AliasPinBroken:
      tale.watched.pins = {{kAlias, {kOld}}};
      tale.shows({.new_ends = soon}).shows({.target = kNew, .new_ends = soon});
      break;
    case AliasPinRestored:
      tale.watched.pins = {{kAlias, {kNew}}};
      tale.shows({}).shows({.target = kNew});
      break;
    case AliasUnstable:
    case AliasSettled:
      for (int i = 0; i < 2; ++i) tale.shows({}, 1).shows({.target = kNew}, 1);
      if (type == AliasSettled) tale.shows({.target = kNew}, 4);
      break;
    case AliasAppeared: tale.shows({.has_alias = false}).shows({.target = kNew}); break;
    case AliasVanished: tale.shows({}).shows({.has_alias = false}, 11); break;
    case AliasUndisclosed: tale.shows({}).shows({.target = ""}); break;
    case AliasDisclosed: tale.shows({.target = ""}).shows({.target = kNew}); break;
    case AliasHint:
      tale.shows({.hints = {"8192", R"("InternLM 3")"}}).shows({.hints = {"32768", ""}});
      break;
    case ModelAdded: tale.shows({.has_old = false}).shows({}); break;
    case ModelRemoved: tale.shows({}).shows({.has_old = false}, 361); break;
    case ModelRetirementSet: tale.shows({}).shows(deprecated); break;
    case ModelRetirementChanged:
      tale.shows(deprecated).shows({.old_ends = ends_in(60, kNew)});
      break;
    case ModelRetirementCleared: tale.shows(deprecated).shows({}); break;
    case ModelRetirementNear:
      tale.now -= 24h * 3;
      tale.shows({.old_ends = ends_in(7, kNew)});
      tale.now += 24h * 3;
      tale.shows({.old_ends = ends_in(7, kNew)}, 1);
      break;
    case EndpointDown: tale.shows({}).times_out(3); break;
    case AliasUnwatched:
      tale.watched.pins = {{kAlias, {kOld}}};
      tale.shows({.target = kNew});
      tale.watched.pins.clear();
      tale.shows({.target = kNew}, 1);
      break;
    case EndpointUnwatched:
      tale.shows({}).times_out(3);
      for (auto& event : leave(tale.state, tale.watched, tale.now)) tale.all.push_back(event);
      break;
    case EndpointUp: tale.shows({}).times_out(5).shows({}); break;
    case CatalogQuarantined: tale.shows({.others = 100}).shows({.others = 10}, 1); break;
    case CatalogAccepted:
      tale.shows({.others = 100}).shows({.others = 10}, 30).shows({.others = 100}, 1);
      break;
    case CatalogFlooded: {
      tale.shows({});
      const auto flood = [&](const char* target) {
        Targets targets;
        for (int i = 0; i < 120; ++i) targets.emplace(fmt::format("alias-{:03}", i), target);
        for (int i = 0; i < 2; ++i)
          tale.sees({.at = tale.now, .result = Story::catalog(targets), .request_id = "req-7"});
      };
      tale.state = {};
      flood(kOld);
      flood(kNew);
      break;
    }
    case CatalogGrew: tale.shows({}).shows({.others = 100}); break;
    // What is not told by the heart.
    default: tale.all.push_back(sample_event(type, "prod-a", tale.now, 1)); break;
  }
}

Event told(EventType type, Time start) {
  Tale tale;
  tale.now = start;
  tell(type, tale);
  const auto event = std::ranges::find(tale.all, type, &Event::type);
  REQUIRE_MESSAGE(event != tale.all.end(), "no story tells of " << name(type));
  return *event;
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
  if (webhook.format == "telegram") {
    webhook.vendor_secret = given("123456:bot-token");
    webhook.chat_id = "-1001234567890";
    webhook.thread_id = "7";
  }
  if (webhook.format == "email") {
    webhook.url = given("smtp://mail.example:587");
    webhook.vendor_secret = given("mail-password");
    webhook.email = {.from = "Modèle <vane@example.com>",
                     .to = {"oncall@example.com", "Anna <anna@example.com>"},
                     .username = "vane"};
  }
  if (webhook.format == "ntfy") webhook.topic = "modelvane-team";
  if (webhook.format == "jsm") webhook.vendor_secret = given("api-key");
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

SecretRef given(const std::string& value) {
  return {SecretRef::From::Inline, value};
}

Time then() {
  return *parse_rfc3339("2026-11-22T10:00:05.123Z");
}

Event event_of(EventType type) {
  // Told once to learn how long the story takes, and once so that it ends then().
  const auto duration = told(type, then()).time - then();
  Event event = told(type, then() - duration);
  event.id = fmt::format("evt_0198f0c2a7b37c5e8d1f2a3b4c5d{:04x}", static_cast<int>(type));
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
                       Time now, std::vector<std::string> only_to) {
  std::vector<const StoredEvent*> pointers;
  for (const auto& event : events) pointers.push_back(&event);
  auto occasion = context();
  occasion.only_to = std::move(only_to);
  auto request = make_request(webhook, pointers, occasion, now);
  REQUIRE_MESSAGE(request.has_value(), request.error());
  return std::move(*request);
}

std::string texts_of(const std::string& json) {
  std::string texts;
  collect(nlohmann::json::parse(json), texts);
  return texts;
}

}  // namespace modelvane::samples
