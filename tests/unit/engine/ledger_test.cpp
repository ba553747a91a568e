#include "daemon/engine/ledger.h"

#include <doctest/doctest.h>

#include "daemon/events/sample_event.h"
#include "daemon/log/log.h"

using namespace modelvane;

namespace {

struct Shelf : Journal {
  void submit(std::shared_ptr<const Batch> batch) override { last = std::move(batch); }
  std::vector<JournalResult> take() override { return {}; }
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

std::vector<std::string> told(EventType type, const std::vector<WebhookConfig>& webhooks) {
  log::set_up(log::Level::Error, false);
  Shelf shelf;
  Ledger ledger{shelf};
  const Time now = *parse_rfc3339("2026-11-22T10:00:00Z");
  ledger.open({}, now, Duration{0});
  ledger.note(sample_event(type, "test", now, 1));
  const std::string source = "urn:test";
  ledger.submit_what_is_due({.steady = Duration{0},
                             .wall = now,
                             .source = source,
                             .retention = std::chrono::hours{24},
                             .webhooks = webhooks,
                             .state_of = [](const auto&) { return nullptr; }});
  std::vector<std::string> names;
  for (const auto& delivery : shelf.last->deliveries) names.push_back(delivery.webhook);
  return names;
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
