#include "daemon/store/operator_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Text from a command line need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Value, typename Read>
std::expected<Value, std::string> parsed(std::string_view text, Read read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return std::unexpected(fmt::format("its text cannot be read ({})", error.what()));
  }
}

}  // namespace

std::optional<OperatorAction> operator_action(std::string_view name) {
  const auto* const found = std::ranges::find(kOperatorActionNames, name);
  if (found == kOperatorActionNames.end()) return std::nullopt;
  return static_cast<OperatorAction>(found - kOperatorActionNames.begin());
}

std::string to_json(const OperatorRequest& request) {
  Json deliveries = Json::array();
  for (const auto& [sequence, webhook] : request.deliveries)
    deliveries.push_back({{"sequence", sequence}, {"webhook", webhook}});
  return text_of({{"deliveries", std::move(deliveries)},
                  {"webhooks", request.webhooks},
                  {"type", name(request.type)},
                  {"endpoint", request.endpoint},
                  {"alias", request.alias},
                  {"targets", request.targets},
                  {"operator", request.operator_name}});
}

std::expected<OperatorRequest, std::string> parse_operator_request(std::string_view action,
                                                                   std::string_view json) {
  const auto known = operator_action(action);
  if (!known)
    return std::unexpected(fmt::format("this version of modelvane knows no request {}", action));
  return parsed<OperatorRequest>(
      json, [&](const Json& body) -> std::expected<OperatorRequest, std::string> {
        OperatorRequest request{.action = *known};
        for (const auto& each : body.at("deliveries")) {
          request.deliveries.push_back(
              {each.at("sequence").get<std::uint64_t>(), each.at("webhook").get<std::string>()});
        }
        const auto type = kEventTypes.parse(body.at("type").get<std::string>());
        if (!type)
          return std::unexpected(
              "it names an event type that this version of modelvane does not know");
        request.type = *type;
        body.at("webhooks").get_to(request.webhooks);
        body.at("endpoint").get_to(request.endpoint);
        body.at("alias").get_to(request.alias);
        body.at("targets").get_to(request.targets);
        request.operator_name = body.value("operator", "");  // older versions wrote none
        return request;
      });
}

std::string to_json(const OperatorResult& result) {
  return text_of({{"ok", result.ok}, {"sentence", result.sentence}, {"event_id", result.event_id}});
}

std::expected<OperatorResult, std::string> parse_operator_result(std::string_view json) {
  return parsed<OperatorResult>(
      json, [](const Json& body) -> std::expected<OperatorResult, std::string> {
        return OperatorResult{.ok = body.at("ok").get<bool>(),
                              .sentence = body.at("sentence").get<std::string>(),
                              .event_id = body.at("event_id").get<std::string>()};
      });
}

}  // namespace modelvane
