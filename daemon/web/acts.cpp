#include "daemon/web/acts.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/text/token.h"
#include "daemon/web/list_reply.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;
using Refused = std::unexpected<Reply>;

constexpr std::string_view kPins = "/api/v1/pins";
constexpr std::string_view kDrill = "/api/v1/drill";
constexpr std::string_view kDeliveries = "/api/v1/deliveries/";

// "/api/v1/deliveries/42/oncall/retry"
struct DeliveryPath {
  std::uint64_t sequence = 0;
  std::string webhook;
  OperatorAction action{};
};

std::optional<DeliveryPath> delivery_path(std::string_view path) {
  if (!path.starts_with(kDeliveries)) return std::nullopt;
  path.remove_prefix(kDeliveries.size());
  const auto sequence = whole_number(take_until(path, "/"));
  const auto webhook = form_decode(take_until(path, "/"));
  if (!sequence || webhook.empty() || (path != "retry" && path != "drop")) return std::nullopt;
  return DeliveryPath{
      .sequence = *sequence,
      .webhook = webhook,
      .action = path == "retry" ? OperatorAction::RetryDelivery : OperatorAction::DropDelivery};
}

void need(Parameters& parameters, std::string_view name, const std::string& value) {
  if (value.empty())
    parameters.refuse(400, fmt::format("{} is missing: write ?{}=NAME", name, name));
}

std::expected<OperatorRequest, Reply> read_pin(std::string_view method, const Query& query) {
  Parameters parameters{query};
  OperatorRequest request{.endpoint = parameters.text("endpoint"),
                          .alias = parameters.text("alias")};
  need(parameters, "endpoint", request.endpoint);
  need(parameters, "alias", request.alias);
  request.action = OperatorAction::RemovePin;
  if (method == "POST") {
    // A target may hold a comma, so each has a parameter of its own.
    request.targets = parameters.texts("target");
    request.action = request.targets.empty() ? OperatorAction::AcceptPin : OperatorAction::SetPin;
  }
  if (auto refusal = parameters.refusal()) return Refused{std::move(*refusal)};
  return request;
}

std::expected<OperatorRequest, Reply> read_drill(const Query& query) {
  Parameters parameters{query};
  OperatorRequest request{.action = OperatorAction::Drill, .webhooks = parameters.texts("webhook")};
  request.type = parameters.choice("type", kEventTypes).value_or(EventType::Drill);
  if (auto refusal = parameters.refusal()) return Refused{std::move(*refusal)};
  return request;
}

std::expected<OperatorRequest, Reply> read_delivery(const DeliveryPath& path, const Query& query) {
  if (auto refusal = Parameters{query}.refusal()) return Refused{std::move(*refusal)};
  return OperatorRequest{.action = path.action, .deliveries = {{path.sequence, path.webhook}}};
}

}  // namespace

std::string_view acting_methods(std::string_view path) {
  if (path == kPins) return "POST, DELETE";
  return path == kDrill || delivery_path(path) ? "POST" : "";
}

std::expected<OperatorRequest, Reply> read_act(std::string_view method, std::string_view path,
                                               const Query& query) {
  if (path == kPins) return read_pin(method, query);
  if (path == kDrill) return read_drill(query);
  if (const auto delivery = delivery_path(path)) return read_delivery(*delivery, query);
  return Refused{problem(404, "nothing can be done at this path")};
}

Reply act_reply(const OperatorResult& result) {
  if (!result.ok) return problem(409, result.sentence);
  const Json json{{"result", result.sentence},
                  {"event", result.event_id.empty() ? Json(nullptr) : Json(result.event_id)}};
  return json_reply(without_markup(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

}  // namespace modelvane
