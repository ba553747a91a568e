#include "daemon/detect/availability.h"

#include <fmt/format.h>

namespace modelvane {
namespace {

void end_streak(Turn& turn) {
  if (turn.state.streak == 0) return;
  turn.state.streak = 0;
  turn.state.streak_since.reset();
  turn.has_changed = true;
}

std::string_view why(const EndpointState& state) {
  return state.down_sentence.empty() ? label(*state.down_reason) : state.down_sentence;
}

void go_down(Turn& turn) {
  auto& state = turn.state;
  state.availability = Availability::Down;
  state.down_since = state.streak_since;
  Event& event = turn.emit(EventType::EndpointDown);
  event.reason = state.down_reason;
  event.detail = state.down_sentence;
  event.observed_between = {state.last_answer, *state.streak_since};
  event.confirmed_by_polls = state.streak;
  event.summary = fmt::format("{} is down: {}", turn.watched.endpoint, why(state));
}

void go_up(Turn& turn) {
  auto& state = turn.state;
  state.availability = Availability::Up;
  Event& event = turn.emit(EventType::EndpointUp);
  event.reason = state.down_reason;
  event.detail = state.down_sentence;
  event.confirmed_by_polls = state.streak;
  event.observed_between = {state.down_since, *state.streak_since};
  event.lasted = *state.streak_since - *state.down_since;
  event.summary = fmt::format("{} is up again after {} (was: {})", turn.watched.endpoint,
                              seconds_or_more(*event.lasted), why(state));
  state.down_since.reset();
  state.down_reason.reset();
  state.down_sentence.clear();
}

}  // namespace

std::string seconds_or_more(Duration span) {
  return to_text(std::chrono::floor<std::chrono::seconds>(span));
}

void judge_availability(Turn& turn, const Observation& seen) {
  auto& state = turn.state;
  const bool answered = seen.result.has_value();
  const bool speaks_against =
      answered ? state.availability != Availability::Up : state.availability != Availability::Down;
  if (!speaks_against) return end_streak(turn);
  turn.has_changed = true;
  // The very first answer needs no confirmation: nothing was claimed before it.
  if (answered && state.availability == Availability::Unknown) {
    state.availability = Availability::Up;
    return end_streak(turn);
  }
  if (state.streak++ == 0) state.streak_since = turn.now;
  if (!answered) {
    state.down_reason = seen.result.error().reason;
    state.down_sentence = seen.result.error().sentence;
  }
  if (!turn.is_confirmed(answered ? turn.policy().up : turn.policy().down, state.streak,
                         *state.streak_since))
    return;
  answered ? go_up(turn) : go_down(turn);
  end_streak(turn);
}

}  // namespace modelvane
