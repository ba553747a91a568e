#include "daemon/store/request_table.h"

#include <fmt/format.h>

#include <chrono>

#include "daemon/store/stored_event.h"

namespace modelvane {
namespace {

void answer(Database& database, std::uint64_t id, Time at, const OperatorResult& result) {
  const auto json = to_json(result);
  database.execute(
      "UPDATE requests SET done_us = ?2, result = ?3 WHERE id = ?1 AND done_us IS NULL", id, at,
      std::string_view{json});
}

std::vector<PendingDelivery> read_deliveries(Database& database, const OperatorRequest& request) {
  static const std::string kSql = fmt::format(
      "SELECT d.state, d.attempts, d.created_us, d.next_attempt_us, d.last_error, {} FROM "
      "deliveries AS d "
      "JOIN events AS e ON e.sequence = d.sequence WHERE d.sequence = ?1 AND d.webhook = ?2",
      kEventColumns);
  constexpr int kDeliveryColumns = 5;
  std::vector<PendingDelivery> found;
  for (const auto& [sequence, webhook] : request.deliveries) {
    Rows rows = database.query(kSql, sequence, std::string_view{webhook});
    if (!rows.next()) continue;
    const auto state = kDeliveryStates.parse(rows.text(0));
    auto event = read_event(rows, kDeliveryColumns);
    if (!state || !event) continue;
    found.push_back({Delivery{.sequence = sequence,
                              .webhook = webhook,
                              .state = *state,
                              .attempts = static_cast<int>(rows.integer(1)),
                              .created = rows.time(2),
                              .next_attempt = rows.time(3),
                              .last_error = rows.text(4)},
                     std::make_shared<const StoredEvent>(std::move(*event))});
  }
  return found;
}

struct RequestRow {
  std::uint64_t id = 0;
  std::string action;
  std::string body;
  Time made{};
};

std::vector<RequestRow> open_rows(Database& database, std::uint64_t last) {
  std::vector<RequestRow> open;
  Rows rows = database.query(
      "SELECT id, kind, body, made_us FROM requests WHERE done_us IS NULL AND id > ?1 ORDER BY id",
      last);
  while (rows.next())
    open.push_back(
        {static_cast<std::uint64_t>(rows.integer(0)), rows.text(1), rows.text(2), rows.time(3)});
  return open;
}

}  // namespace

std::vector<OperatorTask> read_requests(Database& database, std::uint64_t last) {
  std::vector<OperatorTask> tasks;
  for (const auto& row : open_rows(database, last)) {
    auto request = parse_operator_request(row.action, row.body);
    if (!request) {
      answer(database, row.id, row.made,
             {.ok = false, .sentence = request.error(), .event_id = ""});
      continue;
    }
    request->id = row.id;
    auto found = read_deliveries(database, *request);
    tasks.push_back({std::move(*request), std::move(found)});
  }
  return tasks;
}

std::map<std::string, ApprovedTargets> read_pins(Database& database) {
  std::map<std::string, ApprovedTargets> pins;
  Rows rows =
      database.query("SELECT endpoint, alias, target FROM pins ORDER BY endpoint, alias, target");
  while (rows.next()) pins[rows.text(0)][rows.text(1)].push_back(rows.text(2));
  return pins;
}

std::vector<WebhookSwitch> read_webhook_states(Database& database) {
  std::vector<WebhookSwitch> off;
  Rows rows = database.query(
      "SELECT webhook, disabled_us, reason, address FROM webhook_states ORDER BY webhook");
  while (rows.next()) off.push_back({rows.text(0), rows.time(1), rows.text(2), rows.integer(3)});
  return off;
}

std::set<std::string> read_failing_webhooks(Database& database) {
  std::set<std::string> failing;
  Rows rows = database.query(
      "SELECT alias, type FROM events WHERE endpoint = '' AND alias <> '' AND "
      "type IN (?1, ?2) ORDER BY sequence",
      name(EventType::WebhookFailing), name(EventType::WebhookRecovered));
  while (rows.next()) {
    if (rows.text(1) == name(EventType::WebhookFailing)) {
      failing.insert(rows.text(0));
    } else {
      failing.erase(rows.text(0));
    }
  }
  return failing;
}

void put_requests_effects(Database& database, const Batch& batch) {
  for (const auto& [sequence, webhook] : batch.dropped) {
    database.execute("DELETE FROM deliveries WHERE sequence = ?1 AND webhook = ?2", sequence,
                     std::string_view{webhook});
  }
  for (const auto& pin : batch.pins) {
    database.execute("DELETE FROM pins WHERE endpoint = ?1 AND alias = ?2",
                     std::string_view{pin.endpoint}, std::string_view{pin.alias});
    for (const auto& target : pin.targets) {
      database.execute(
          "INSERT OR IGNORE INTO pins(endpoint, alias, target, approved_us) VALUES(?1, ?2, ?3, ?4)",
          std::string_view{pin.endpoint}, std::string_view{pin.alias}, std::string_view{target},
          pin.approved);
    }
  }
  for (const auto& webhook : batch.webhook_switches) {
    if (webhook.disabled) {
      database.execute(
          "INSERT OR REPLACE INTO webhook_states(webhook, disabled_us, reason, address) VALUES(?1, "
          "?2, ?3, ?4)",
          std::string_view{webhook.webhook}, *webhook.disabled, std::string_view{webhook.reason},
          webhook.address);
    } else {
      database.execute("DELETE FROM webhook_states WHERE webhook = ?1",
                       std::string_view{webhook.webhook});
    }
  }
  for (const auto& done : batch.answers) answer(database, done.request, done.at, done.result);
}

}  // namespace modelvane
