// What an operator wants of the daemon while it runs, on the way from a command to the engine: the
// command writes a row into the table `requests`, the daemon's store thread notices it, the engine
// applies it, and effect and result become durable in one transaction. So each request takes effect
// exactly once, whatever crashes; without a daemon it waits for the next start. Values and their
// JSON; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/events/event.h"

namespace modelvane {

enum class OperatorAction {
  RetryDelivery,
  DropDelivery,
  Drill,
  AcceptPin,
  SetPin,
  RemovePin,
  Poll
};
inline constexpr std::array kOperatorActionNames{std::string_view{"delivery.retry"},
                                                 std::string_view{"delivery.drop"},
                                                 std::string_view{"drill"},
                                                 std::string_view{"pin.accept"},
                                                 std::string_view{"pin.set"},
                                                 std::string_view{"pin.remove"},
                                                 std::string_view{"poll"}};

constexpr std::string_view name(OperatorAction action) {
  return kOperatorActionNames[static_cast<std::size_t>(action)];
}
std::optional<OperatorAction> operator_action(std::string_view name);

struct DeliveryKey {
  std::uint64_t sequence = 0;
  std::string webhook;
  friend auto operator<=>(const DeliveryKey&, const DeliveryKey&) = default;
};

// What an action does not need stays empty.
struct OperatorRequest {
  std::uint64_t id = 0;  // given by the store; rises
  OperatorAction action = OperatorAction::Drill;
  std::vector<DeliveryKey> deliveries;  // delivery.*
  std::vector<std::string>
      webhooks;  // drill: to these, empty = all; delivery.retry: switched on, too
  EventType type = EventType::Drill;  // drill: the event that it plays
  std::string endpoint;               // pin.*; poll: empty = all
  std::string alias;
  std::vector<std::string> targets;  // pin.set
  std::string operator_name{};       // who asked through the API; "" = a command on this machine
  friend bool operator==(const OperatorRequest&, const OperatorRequest&) = default;
};

struct OperatorResult {
  bool ok = true;
  std::string sentence;  // what was done, or why not
  std::string event_id;  // drill
  friend bool operator==(const OperatorResult&, const OperatorResult&) = default;
};

// Everything but id and action.
std::string to_json(const OperatorRequest& request);
std::expected<OperatorRequest, std::string> parse_operator_request(std::string_view action,
                                                                   std::string_view json);
std::string to_json(const OperatorResult& result);
std::expected<OperatorResult, std::string> parse_operator_result(std::string_view json);

}  // namespace modelvane
