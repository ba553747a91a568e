// What the engine makes of a poll's time (time_book.h).
#include "daemon/engine/engine.h"

namespace modelvane {
namespace {

TimeKeeper::Result result_of(const EndpointWatch& endpoint, const EndpointWatch::Outcome& outcome,
                             bool is_isolated) {
  if (outcome.shortage) return TimeKeeper::Result::NotMade;
  if (!endpoint.is_failing()) return TimeKeeper::Result::Good;
  if (is_isolated && endpoint.is_out_of_reach()) return TimeKeeper::Result::Isolated;
  return endpoint.last_reason() == Reason::RateLimited ? TimeKeeper::Result::Refused
                                                       : TimeKeeper::Result::Failed;
}

}  // namespace

// After the next poll has its time.
void Engine::keep_time(Watch& watch, const EndpointWatch::Outcome& outcome) {
  const auto& endpoint = watch.endpoint;
  const Duration steady = clock_.steady();
  const TimeBook::Poll poll{
      .time = {.at = clock_.wall(),
               .steady = steady,
               .result = result_of(endpoint, outcome, daemon_.is_isolated),
               .is_down = endpoint.state().availability.known == Availability::Down,
               .planned = watch.due - steady},
      .total = outcome.total,
      .failure = outcome.shortage ? std::nullopt : endpoint.last_reason()};
  if (time_book_.note(endpoint.name(), poll)) ledger_.note_past(endpoint.name());
}

}  // namespace modelvane
