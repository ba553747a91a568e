#include "daemon/web/api.h"
#include "daemon/web/event_filter.h"
#include "daemon/web/list_reply.h"

namespace modelvane {
namespace {

constexpr char kEventList = 's';
constexpr PageLimits kEventPages{.usual = 100, .max = 1000};  // about 10 MB of evidence at worst

}  // namespace

Reply events_api(EventQuery& events, const Query& query) {
  Parameters parameters{query};
  auto filter = read_event_filter(parameters);
  filter.called = parameters.text("event");
  filter.since = parameters.time("since");
  filter.until = parameters.time("until");
  const auto page = parameters.page(kEventList, 1, kEventPages);
  filter.limit = page.limit;
  if (!page.after.empty()) {
    filter.before_sequence = whole_number(page.after.front());
    if (!filter.before_sequence) parameters.refuse_cursor();
  }
  if (auto refusal = parameters.refusal()) return *refusal;
  const auto found = events.events(filter);
  if (!found) return problem(503, found.error());
  ListReply reply{"events", kEventList, page.limit};
  // The stored texts are JSON already and must reach clients as receivers got them, byte for byte.
  for (const auto& event : *found) reply.add(event.json);
  // A full page may be the last one; then the next is empty.
  if (reply.is_full()) reply.continue_after(std::vector{std::to_string(found->back().sequence)});
  return reply.finish();
}

}  // namespace modelvane
