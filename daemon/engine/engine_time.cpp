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
  if (time_book_.note(endpoint.name(), poll)) uncommitted_.note_past(endpoint.name());
}

void Engine::show_past(const Batch& durable) {
  for (const auto& past : durable.past) {
    auto view = time_book_.note_durable(past);
    const auto found = by_name_.find(past.endpoint);
    if (found == by_name_.end()) continue;
    found->second->endpoint.show_past(std::move(view));
    publish(*found->second);
  }
}

// Before a stop: what is known until now.
void Engine::stop_time() {
  for (const auto& watch : watches_) {
    const auto& name = watch->endpoint.name();
    if (time_book_.count_until(name, clock_.wall(), clock_.steady())) uncommitted_.note_past(name);
  }
}

}  // namespace modelvane
