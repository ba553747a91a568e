// Polls on their way through the engine: when the next one is due, and who may have it sooner.
#include <algorithm>

#include "daemon/engine/engine.h"
#include "daemon/engine/schedule.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// Opening a store of usual size takes milliseconds, checking a large one some seconds.
constexpr Duration kStoreOpening = 1s;
// A poll that this machine could not make. Soon enough for the other polls' places, ports and
// memory to have come back, and not so soon that trying is what uses them up.
constexpr Duration kShortageRetry = 5s;

// Looking at a key reads its file. So many at a time take a millisecond or two.
constexpr std::size_t kKeysAtOnce = 100;

}  // namespace

void Engine::start_polls() {
  const Duration steady = clock_.steady();
  while (!is_shutting_down_ && polls_.have_room()) {
    const auto next = schedule_.take(steady);
    if (!next) return;
    daemon_.poll_lateness.observe(to_seconds(steady - next->due));
    start_poll(*watches_[next->endpoint]);
  }
}

void Engine::start_poll(Watch& watch) {
  polls_.begin();
  watch.begun = clock_.steady();
  watch.endpoint.begin_poll(clock_.steady(), may_decide());
  continue_poll(watch);
}

// The next request of the poll, or its end.
void Engine::continue_poll(Watch& watch) {
  auto request = watch.endpoint.next_request(clock_.wall(), clock_.steady());
  if (!request) {
    polls_.end(watch);
    schedule_.release(watch.host, watch.standing);
    return settle_outcome(watch,
                          watch.endpoint.finish_poll(clock_.wall(), clock_.steady(), may_decide(),
                                                     [&] { return may_tell_down(watch); }));
  }
  polls_.start(watch, std::move(*request));
}

void Engine::settle_outcome(Watch& watch, EndpointWatch::Outcome outcome) {
  if (outcome.shortage) {
    ++daemon_.polls_not_made[static_cast<std::size_t>(*outcome.shortage)];
    const Duration pause = std::min(kShortageRetry, watch.endpoint.config()->interval);
    set_due(watch, clock_.steady() + pause);
    keep_time(watch, outcome);
    return publish(watch);
  }
  note_reach(watch, outcome);
  note_decision(watch, outcome);
  if (may_decide()) compare_peers(watch);
  schedule(watch, outcome);
  stand_in(watch);
  keep_time(watch, outcome);
  publish(watch);
}

void Engine::note_decision(const Watch& watch, EndpointWatch::Outcome& outcome) {
  for (auto& event : outcome.events) uncommitted_.note(std::move(event));
  if (outcome.must_persist) uncommitted_.note_state(watch.endpoint.name());
  if (outcome.has_mark) uncommitted_.note_mark(watch.endpoint.name());
}

// An endpoint that asked for a time without requests is left alone, and its last answer stands in
// for those of the polls that are not made: it is told down as soon as it would have been.
void Engine::stand_in(Watch& watch) {
  const Time wall = clock_.wall();
  const auto at = watch.endpoint.stands_in_at(wall);
  if (!at) return;
  const Duration due = clock_.steady() + (*at - wall);
  if (due < watch.due) stand_ins_.emplace(due, watch.index);
}

void Engine::stand_in_for_polls() {
  while (!stand_ins_.empty() && stand_ins_.begin()->first <= clock_.steady()) {
    Watch& watch = *watches_[stand_ins_.extract(stand_ins_.begin()).value().second];
    if (watch.ticket != 0 || !watch.endpoint.stands_in_at(clock_.wall())) continue;
    auto outcome = watch.endpoint.repeat_failure(clock_.wall(), clock_.steady(), may_decide());
    note_decision(watch, outcome);
    stand_in(watch);
  }
}

void Engine::schedule(Watch& watch, const EndpointWatch::Outcome& outcome) {
  const Time wall = clock_.wall();
  const auto& name = watch.endpoint.name();
  const Duration interval = watch.endpoint.config()->interval;
  const Time usual = next_slot(name, interval, wall);
  Time next = usual;
  if (const auto sooner = watch.endpoint.wants_poll_at(wall); sooner && !outcome.left_pending)
    next = std::min(next, *sooner);
  // A pause counts in slots: that of one interval only means no rechecks in between.
  if (outcome.pause >= interval)
    next = next_slot(name, interval, wall + (outcome.pause - interval));
  // What came while the store was still being opened could not be judged. A store that refuses gets
  // no hurry.
  if (!uncommitted_.is_open() && daemon_.store_errors == 0)
    next = std::min(next, wall + kStoreOpening);
  const bool is_asked = outcome.retry_after && wall + *outcome.retry_after > next;
  if (is_asked) next = wall + *outcome.retry_after;
  watch.endpoint.note_pace(next > usual, is_asked, next - wall);
  set_due(watch, clock_.steady() + (next - wall));
}

void Engine::set_due(Watch& watch, Duration due) {
  if (watch.endpoint.config()->is_paused || is_leaving(watch))
    return watch.endpoint.note_next_poll(std::nullopt);
  watch.due = due;
  watch.endpoint.note_next_poll(clock_.wall() + (due - clock_.steady()));
  watch.standing =
      watch.endpoint.is_failing() ? PollSchedule::Standing::Failing : PollSchedule::Standing::Good;
  schedule_.add(watch.index, due, watch.host, watch.standing);
}

// An operator wants it now. At most once per `recheck`, which is the pace that the provider is
// asked at anyway while something is pending.
void Engine::poll_soon(Watch& watch, Duration spread) {
  if (watch.ticket != 0) return;
  const Duration now = clock_.steady();
  const Duration soonest =
      watch.begun ? std::max(now, *watch.begun + watch.endpoint.config()->recheck) : now;
  hurry(watch, soonest + spread);
}

// As after a start: not all in one second.
void Engine::poll_all_soon() {
  const Time wall = clock_.wall();
  const auto count = static_cast<Duration::rep>(watches_.size());
  for (const auto& watch : watches_) {
    const EndpointConfig& config = watch->endpoint.config();
    const Duration spread = std::min(config.interval, kFirstPollGap * (count - 1));
    poll_soon(*watch, first_slot(config.name, spread, wall) - wall);
  }
}

void Engine::hurry(Watch& watch, Duration due) {
  if (due >= watch.due || watch.endpoint.config()->is_paused || is_leaving(watch)) return;
  schedule_.hurry(watch.index, watch.due, due);
  watch.due = due;
  watch.endpoint.note_next_poll(clock_.wall() + (due - clock_.steady()));
  publish(watch);
}

// A refused key that was mended is tried at once, however long the pause was to be.
void Engine::look_at_keys() {
  for (std::size_t seen = 0, read = 0; seen < watches_.size() && read < kKeysAtOnce; ++seen) {
    if (next_key_ >= watches_.size()) next_key_ = 0;
    Watch& watch = *watches_[next_key_++];
    if (watch.ticket != 0 || !watch.endpoint.is_refused()) continue;
    ++read;
    if (!watch.endpoint.has_new_key()) continue;
    log::info("the endpoint's key has changed, so it is polled at once",
              {{"endpoint", watch.endpoint.name()}});
    poll_soon(watch);
  }
}

}  // namespace modelvane
