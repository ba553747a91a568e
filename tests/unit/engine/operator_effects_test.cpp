#include "daemon/engine/operator_effects.h"

#include <doctest/doctest.h>
#include "tests/unit/engine/moment.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

struct World {
  std::string instance = "test";
  std::vector<WebhookConfig> webhooks{WebhookConfig{.name = "a"}, WebhookConfig{.name = "b"}};
  EndpointState state;
  std::map<std::string, ApprovedTargets> approved;

  World() { state.aliases["latest"].sighting.known = {AliasStatus::Resolved, "v2"}; }
  OperatorEffects decide(OperatorRequest request, std::vector<PendingDelivery> found = {}) {
    const OperatorView view{
        .instance = instance,
        .webhooks = webhooks,
        .endpoints = {"e", "f"},
        .state_of = [this](const auto& name) { return name == "e" ? &state : nullptr; },
        .approved = approved};
    return modelvane::decide({std::move(request), std::move(found)}, view, kNow);
  }
};

PendingDelivery row(std::uint64_t sequence, const std::string& webhook, DeliveryState state) {
  return {{.sequence = sequence,
           .webhook = webhook,
           .state = state,
           .attempts = 3,
           .created = kNow - 100h,
           .last_error = "no"},
          std::make_shared<StoredEvent>(StoredEvent{.sequence = sequence})};
}

TEST_CASE("a retried delivery begins anew: pending, due now, with its whole max_age before it") {
  World world;
  const auto effects =
      world.decide({.action = OperatorAction::RetryDelivery},
                   {row(1, "a", DeliveryState::Dead), row(2, "a", DeliveryState::Delivered)});
  REQUIRE(effects.again.size() == 2);
  CHECK(effects.again[0].delivery.state == DeliveryState::Pending);
  CHECK(effects.again[0].delivery.created == kNow);
  CHECK(effects.again[0].delivery.next_attempt == kNow);
  CHECK(effects.again[0].delivery.attempts == 0);
  CHECK(effects.revived == std::vector<DeliveryKey>{{1, "a"}});
  CHECK(effects.switched_on == std::vector<std::string>{"a"});
}

TEST_CASE(
    "a retry for a webhook that is not configured is refused, and one that names a webhook alone "
    "switches it on") {
  World world;
  CHECK_FALSE(
      world.decide({.action = OperatorAction::RetryDelivery}, {row(1, "old", DeliveryState::Dead)})
          .result.ok);
  CHECK_FALSE(
      world.decide({.action = OperatorAction::RetryDelivery, .webhooks = {"old"}}).result.ok);
  CHECK(world.decide({.action = OperatorAction::RetryDelivery, .webhooks = {"b"}}).switched_on ==
        std::vector<std::string>{"b"});
}

TEST_CASE("pending and dead deliveries can be dropped, delivered ones cannot") {
  World world;
  const auto effects =
      world.decide({.action = OperatorAction::DropDelivery},
                   {row(1, "a", DeliveryState::Dead), row(2, "a", DeliveryState::Pending),
                    row(3, "a", DeliveryState::Delivered)});
  CHECK(effects.dropped == std::vector<DeliveryKey>{{1, "a"}, {2, "a"}});
  CHECK(effects.revived == std::vector<DeliveryKey>{{1, "a"}});
  CHECK_FALSE(
      world
          .decide({.action = OperatorAction::DropDelivery}, {row(3, "a", DeliveryState::Delivered)})
          .result.ok);
}

TEST_CASE(
    "a drill is marked, goes to those that were chosen, and refuses webhooks that do not exist") {
  World world;
  const auto effects = world.decide(
      {.action = OperatorAction::Drill, .webhooks = {"b"}, .type = EventType::AliasMoved});
  REQUIRE(effects.drill);
  CHECK(effects.drill->drill);
  CHECK(effects.drill->type == EventType::AliasMoved);
  CHECK(effects.drill->id == effects.result.event_id);
  CHECK(effects.drill_webhooks == std::vector<std::string>{"b"});
  CHECK(world.decide({.action = OperatorAction::Drill}).drill_webhooks ==
        std::vector<std::string>{"a", "b"});
  CHECK_FALSE(world.decide({.action = OperatorAction::Drill, .webhooks = {"c"}}).result.ok);
}

TEST_CASE(
    "accepting adds the present target to what was approved; setting replaces it; removing takes "
    "it all back") {
  World world;
  world.approved["e"]["latest"] = {"v1"};
  const OperatorRequest accept{
      .action = OperatorAction::AcceptPin, .endpoint = "e", .alias = "latest"};
  CHECK(world.decide(accept).pin->targets == std::vector<std::string>{"v1", "v2"});
  const OperatorRequest set{
      .action = OperatorAction::SetPin, .endpoint = "e", .alias = "latest", .targets = {"v9"}};
  CHECK(world.decide(set).pin->targets == std::vector<std::string>{"v9"});
  const OperatorRequest remove{
      .action = OperatorAction::RemovePin, .endpoint = "e", .alias = "latest"};
  CHECK(world.decide(remove).pin->targets.empty());
}

TEST_CASE("what is not known cannot be accepted") {
  World world;
  CHECK_FALSE(
      world.decide({.action = OperatorAction::AcceptPin, .endpoint = "x", .alias = "latest"})
          .result.ok);
  CHECK_FALSE(world.decide({.action = OperatorAction::AcceptPin, .endpoint = "e", .alias = "other"})
                  .result.ok);
  world.state.aliases["latest"].sighting.known.status = AliasStatus::Undisclosed;
  const auto effects =
      world.decide({.action = OperatorAction::AcceptPin, .endpoint = "e", .alias = "latest"});
  CHECK(effects.result.sentence.find("pin set") != std::string::npos);
}

}  // namespace
}  // namespace modelvane
