// Deliveries as the daemon knows them, and what an operator can do about them: send again, or give
// up.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;
using DeliveryRows = std::vector<DeliveryRow>;

// One request may name so many deliveries: its row stays below 10 MB.
constexpr std::size_t kTogetherMax = 100'000;

// The deliveries that ID and --webhook mean.
std::expected<DeliveryRows, std::string> rows_of(const DeliveriesOptions& options, Source& source) {
  DeliveryFilter filter{.webhook = options.webhook, .limit = kTogetherMax};
  if (!options.id.empty()) {
    const auto event = event_called(source, options.id);
    if (!event) return std::unexpected(event.error());
    filter.event_id = event->id;
    return source.deliveries(filter);
  }
  DeliveryRows open;
  for (const auto state : {DeliveryState::Dead, DeliveryState::Pending}) {
    filter.state = state;
    filter.limit = kTogetherMax - open.size();
    auto rows = source.deliveries(filter);
    if (!rows) return rows;
    std::ranges::move(*rows, std::back_inserter(open));
    if (open.size() == kTogetherMax) break;
  }
  return open;
}

std::string what_next(const DeliveryRow& row) {
  auto error = plain_text(row.last_error, kErrorCharactersMax);
  if (row.state == DeliveryState::Pending && row.attempts == 0)
    return "waits for its first attempt";
  if (row.state == DeliveryState::Pending && row.last_error.empty())
    return "held by the receiver until its alert ends";
  if (row.state == DeliveryState::Pending)
    return fmt::format("not before {}; {}", to_rfc3339(row.next_attempt), error);
  return error;
}

Json to_json(const DeliveryRow& row) {
  return {{"sequence", row.sequence},
          {"event_id", row.event_id},
          {"type", name(row.type)},
          {"subject", row.subject},
          {"webhook", row.webhook},
          {"state", label(row.state)},
          {"attempts", row.attempts},
          {"created", to_rfc3339(row.created)},
          {"next_attempt", row.state == DeliveryState::Pending ? Json(to_rfc3339(row.next_attempt))
                                                               : Json(nullptr)},
          {"last_error", row.last_error}};
}

std::string printed(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void print_rows(const DeliveryRows& rows) {
  std::vector<TableRow> table{{"ID", "TYPE", "SUBJECT", "WEBHOOK", "STATE", "ATTEMPTS", "WHAT"}};
  for (const auto& row : rows) {
    table.push_back({std::to_string(row.sequence), std::string{name(row.type)}, cell(row.subject),
                     cell(row.webhook), std::string{label(row.state)}, std::to_string(row.attempts),
                     what_next(row)});
  }
  print_table(table);
}

std::optional<std::string> usage_problem(const DeliveriesOptions& options) {
  if (auto problem = output_problem(options.output)) return problem;
  if (options.limit == 0) return "--limit is at least 1";
  if (!options.state.empty() && !kDeliveryStates.parse(options.state))
    return "--state is pending, delivered or dead";
  return std::nullopt;
}

int act(const DeliveriesOptions& options, OperatorAction action) {
  if (options.id.empty() && options.webhook.empty())
    return fail(kUsageError, "name an event by ID, or a webhook by --webhook, or both");
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto rows = rows_of(options, **source);
  if (!rows) return fail(kFailed, rows.error());
  OperatorRequest request{.action = action};
  for (const auto& row : *rows) request.deliveries.push_back({row.sequence, row.webhook});
  if (action == OperatorAction::RetryDelivery && !options.webhook.empty())
    request.webhooks = {options.webhook};
  if (request.deliveries.empty() && request.webhooks.empty())
    return fail(kFailed, "no such deliveries are stored");
  return ask_and_print(**source, request);
}

}  // namespace

int deliveries_list(const DeliveriesOptions& options) {
  if (const auto problem = usage_problem(options)) return fail(kUsageError, *problem);
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto rows = (*source)->deliveries({.webhook = options.webhook,
                                           .state = kDeliveryStates.parse(options.state),
                                           .limit = options.limit});
  if (!rows) return fail(kFailed, rows.error());
  if (options.output == "json") {
    Json all = Json::array();
    for (const auto& row : *rows) all.push_back(to_json(row));
    fmt::print("{}\n", printed(all));
  } else if (rows->empty()) {
    fmt::print("no deliveries match\n");
  } else {
    print_rows(*rows);
  }
  return 0;
}

int deliveries_show(const DeliveriesOptions& options) {
  if (const auto problem = usage_problem(options)) return fail(kUsageError, *problem);
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto event = event_called(**source, options.id);
  if (!event) return fail(kFailed, event.error());
  const auto rows = (*source)->deliveries({.webhook = options.webhook, .event_id = event->id});
  if (!rows) return fail(kFailed, rows.error());
  if (options.output == "json") {
    Json all = Json::array();
    for (const auto& row : *rows) all.push_back(to_json(row));
    fmt::print("{}\n", printed({{"event", Json::parse(event->json, nullptr, false)},
                                {"deliveries", std::move(all)}}));
    return 0;
  }
  fmt::print("event {} {} of {}\n{}\n\n", event->sequence, event->id, to_rfc3339(event->time),
             printed(Json::parse(event->json, nullptr, false)));
  if (rows->empty()) {
    fmt::print("it goes to no webhook\n");
  } else {
    print_rows(*rows);
  }
  return 0;
}

int deliveries_retry(const DeliveriesOptions& options) {
  return act(options, OperatorAction::RetryDelivery);
}

int deliveries_drop(const DeliveriesOptions& options) {
  return act(options, OperatorAction::DropDelivery);
}

}  // namespace modelvane
