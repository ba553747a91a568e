// A test event on the way of real ones: the daemon stores, queues, renders, signs and sends it;
// this command watches its deliveries and tells what each receiver said.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"
#include "daemon/engine/clock.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

// A configuration has at most 64.
constexpr std::size_t kWebhooksSeen = 1000;

bool is_accepted(const DeliveryRow& row) {
  // A state format's delivery stays pending while its alert lives.
  return row.state == DeliveryState::Delivered ||
         (row.state == DeliveryState::Pending && row.attempts > 0 && row.last_error.empty());
}

bool has_verdict(const DeliveryRow& row) {
  return row.state != DeliveryState::Pending || row.attempts > 0;
}

std::string verdict_of(const DeliveryRow& row) {
  if (is_accepted(row)) return "accepted";
  if (!has_verdict(row)) return "no verdict";
  return row.state == DeliveryState::Dead ? "refused" : "failed";
}

std::string detail_of(const DeliveryRow& row) {
  if (is_accepted(row)) return "";
  if (!has_verdict(row))
    return "no attempt has ended yet: the webhook is slow, switched off, or waits for its turn";
  const auto error = plain_text(row.last_error, kErrorCharactersMax);
  return row.state == DeliveryState::Dead ? error : error + "; it waits, to be sent again";
}

std::expected<std::vector<DeliveryRow>, std::string> wait_for_verdicts(Source& source,
                                                                       const std::string& event_id,
                                                                       Duration timeout) {
  const SystemClock clock;
  const Duration end = clock.steady() + timeout;
  while (true) {
    auto rows = source.deliveries({.event_id = event_id, .limit = kWebhooksSeen});
    if (!rows) return std::unexpected(rows.error());
    const Duration left = end - clock.steady();
    if ((!rows->empty() && std::ranges::all_of(*rows, has_verdict)) || left <= Duration{0})
      return std::move(*rows);
    source.wait(left);
  }
}

}  // namespace

int drill(const DrillOptions& options) {
  const auto type = kEventTypes.parse(options.type);
  if (!type)
    return fail(kUsageError, fmt::format("--type is an event type, such as alias.moved, not {}",
                                         cell(options.type)));
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return fail(kUsageError, "--timeout is a duration, such as 30s");
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  if (!(*source)->daemon_runs()) {
    return fail(kFailed,
                fmt::format("no daemon runs on the folder {}: a drill goes through the running "
                            "daemon; start `modelvane "
                            "serve`, or look at what would be sent with `modelvane render`",
                            options.place.storage_path));
  }
  const auto result = (*source)->ask(
      {.action = OperatorAction::Drill, .webhooks = options.webhooks, .type = *type});
  if (!result) return fail(kFailed, result.error());
  if (!result->ok) return fail(kFailed, plain_text(result->sentence, kErrorCharactersMax));
  fmt::print("event {} ({})\n", result->event_id, options.type);
  const auto rows = wait_for_verdicts(**source, result->event_id, *timeout);
  if (!rows) return fail(kFailed, rows.error());
  std::vector<TableRow> table{{"WEBHOOK", "VERDICT", "DETAIL"}};
  for (const auto& row : *rows)
    table.push_back({cell(row.webhook), verdict_of(row), detail_of(row)});
  print_table(table);
  const bool is_fine = !rows->empty() && std::ranges::all_of(*rows, is_accepted);
  if (!is_fine)
    fmt::print("\n`modelvane deliveries drop {}` gives up what still waits\n", result->event_id);
  return is_fine ? 0 : kFailed;
}

}  // namespace modelvane
