#include "daemon/engine/uncommitted.h"

#include <doctest/doctest.h>

#include "daemon/events/sample_event.h"
#include "daemon/log/log.h"
#include "tests/unit/engine/moment.h"

using namespace modelvane;

namespace {

struct Shelf : CommitQueue {
  void submit(std::shared_ptr<const Batch> batch) override { last = std::move(batch); }
  std::vector<CommitQueueResult> take() override { return {}; }
  std::shared_ptr<const Batch> last;
};

WebhookConfig webhook(std::string format, std::vector<std::string> events) {
  WebhookConfig config;
  config.name = format;
  config.format = std::move(format);
  config.events = std::move(events);
  config.endpoints = {"*"};
  return config;
}

std::vector<std::string> told(Event event, const std::vector<WebhookConfig>& webhooks) {
  log::set_up(log::Level::Error, false);
  Shelf shelf;
  Uncommitted uncommitted{shelf};
  uncommitted.open({}, kNow, Duration{0});
  uncommitted.note(std::move(event));
  const std::string source = "urn:test";
  uncommitted.submit_what_is_due({.steady = Duration{0},
                                  .wall = kNow,
                                  .source = source,
                                  .retention = std::chrono::hours{24},
                                  .webhooks = webhooks,
                                  .state_of = [](const auto&) { return nullptr; }});
  return shelf.last->events.at(0).webhooks;
}

std::vector<std::string> told(EventType type, const std::vector<WebhookConfig>& webhooks) {
  return told(sample_event(type, "test", kNow, 1), webhooks);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("whoever holds open what an event began hears that it is no longer watched") {
  const std::vector only_downs{webhook("pagerduty", {"endpoint.down", "endpoint.up"}),
                               webhook("slack", {"endpoint.down", "endpoint.up"}),
                               webhook("alertmanager", {"alias.moved"})};
  CHECK(told(EventType::EndpointUnwatched, only_downs) == Names{"pagerduty", "alertmanager"});
  const std::vector only_pins{webhook("pagerduty", {"alias.pin_*"})};
  CHECK(told(EventType::EndpointUnwatched, only_pins) == Names{});
  CHECK(told(EventType::AliasUnwatched, only_pins) == Names{"pagerduty"});
}

TEST_CASE("people hear of a flood once, and programs of each of its events") {
  const std::vector webhooks{webhook("slack", {"alias.moved"}), webhook("discord", {"model.*"}),
                             webhook("cloudevents", {"alias.*"})};
  auto one = sample_event(EventType::AliasMoved, "test", kNow, 1);
  one.is_in_flood = true;
  CHECK(told(one, webhooks) == Names{"cloudevents"});
  auto flood = sample_event(EventType::CatalogFlooded, "test", kNow, 1);
  flood.flood = {EventType::AliasMoved};
  CHECK(told(flood, webhooks) == Names{"slack"});
}

TEST_CASE("all but the webhook itself hear that it fails, whatever endpoints they watch") {
  auto slack = webhook("slack", {"*"});
  slack.endpoints = {"mistral"};
  auto event = sample_event(EventType::WebhookFailing, "test", kNow, 1);
  event.webhook = "cloudevents";
  CHECK(told(event, {slack, webhook("cloudevents", {"*"})}) == Names{"slack"});
}

TEST_CASE("a team hears of its own aliases and endpoints, and of what befalls those as a whole") {
  auto team = webhook("slack", {"*"});
  team.aliases = {"example-*"};
  CHECK(told(EventType::AliasMoved, {team}) == Names{"slack"});
  CHECK(told(EventType::EndpointDown, {team}) == Names{"slack"});
  CHECK(told(EventType::ModelRemoved, {team}) == Names{"slack"});  // example-latest points to it
  team.aliases = {"other-*"};
  CHECK(told(EventType::AliasMoved, {team}) == Names{});
  CHECK(told(EventType::ModelRemoved, {team}) == Names{});
  CHECK(told(EventType::EndpointDown, {team}) == Names{"slack"});
  team.aliases.clear();
  team.labels = {{"team", "sea*"}};
  CHECK(told(EventType::EndpointDown, {team}) == Names{});
  auto event = sample_event(EventType::EndpointDown, "test", kNow, 1);
  event.labels = {{"team", "search"}, {"region", "eu"}};
  CHECK(told(event, {team}) == Names{"slack"});
}
