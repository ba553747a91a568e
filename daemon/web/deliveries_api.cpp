#include <array>
#include <nlohmann/json.hpp>

#include "daemon/web/api.h"
#include "daemon/web/list_reply.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kDeliveryList = 'd';
constexpr PageLimits kDeliveryPages{.usual = 100, .max = 1000};

// Only a pending delivery has a next attempt.
std::string to_text(const DeliveryRow& row) {
  const bool is_pending = row.state == DeliveryState::Pending;
  const Json json{{"sequence", row.sequence},
                  {"event", row.event_id},
                  {"type", name(row.type)},
                  {"subject", row.subject},
                  {"webhook", row.webhook},
                  {"state", label(row.state)},
                  {"attempts", row.attempts},
                  {"created", to_rfc3339(row.created)},
                  {"next_attempt", is_pending ? Json(to_rfc3339(row.next_attempt)) : Json(nullptr)},
                  {"last_error", row.last_error.empty() ? Json(nullptr) : Json(row.last_error)}};
  return without_markup(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Reply deliveries_api(EventQuery& events, const Query& query) {
  Parameters parameters{query};
  const auto page = parameters.page(kDeliveryList, 2, kDeliveryPages);
  DeliveryFilter filter{.webhook = parameters.text("webhook"),
                        .event_id = parameters.text("event"),
                        .limit = page.limit};
  filter.state = parameters.choice("state", kDeliveryStates);
  if (!page.after.empty()) {
    const auto sequence = whole_number(page.after.front());
    if (!sequence) parameters.refuse_cursor();
    filter.after = DeliveryPlace{.sequence = sequence.value_or(0), .webhook = page.after.back()};
  }
  if (auto refusal = parameters.refusal()) return *refusal;
  const auto found = events.deliveries(filter);
  if (!found) return problem(503, found.error());
  ListReply reply{"deliveries", kDeliveryList, page.limit};
  for (const auto& row : *found) reply.add(to_text(row));
  // A full page may be the last one; then the next is empty.
  if (reply.is_full())
    reply.continue_after(
        std::vector{std::to_string(found->back().sequence), found->back().webhook});
  return reply.finish();
}

}  // namespace modelvane
