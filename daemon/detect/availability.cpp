#include "daemon/detect/availability.h"

#include <fmt/format.h>

#include <limits>

namespace modelvane {
namespace {

std::string_view why(const EndpointState& state) {
  return state.down_sentence.empty() ? label(*state.down_reason) : state.down_sentence;
}

void go_down(Turn& turn, const Waiting& fact) {
  auto& state = turn.state;
  state.down_since = fact.first_seen;
  Event& event = turn.emit(EventType::EndpointDown);
  event.reason = state.down_reason;
  event.detail = state.down_sentence;
  event.observed_between = {fact.last_seen, fact.first_seen};
  event.confirmed_by_polls = fact.polls;
  event.summary = fmt::format("{} is down: {}", turn.watched.endpoint, why(state));
}

void go_up(Turn& turn, const Waiting& fact) {
  auto& state = turn.state;
  Event& event = turn.emit(EventType::EndpointUp);
  event.reason = state.down_reason;
  event.detail = state.down_sentence;
  event.confirmed_by_polls = fact.polls;
  event.observed_between = {state.down_since, fact.first_seen};
  event.lasted = elapsed(*state.down_since, fact.first_seen);
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

void judge_availability(Turn& turn, const Observation& poll) {
  auto& state = turn.state;
  const auto seen = poll.result ? Availability::Up : Availability::Down;
  // The very first answer needs no confirmation: nothing was claimed before it.
  if (poll.result && state.availability.known == Availability::Unknown) {
    state.availability = {.known = Availability::Up, .pending = std::nullopt};
    turn.has_changed = true;
    return;
  }
  if (!poll.result && state.availability.known != Availability::Down) {
    state.down_reason = poll.result.error().reason;
    state.down_sentence = poll.result.error().sentence;
  }
  // In a planned time failures go on counting; if they last, they are a fact soon after it.
  constexpr Confirm kNever{.polls = std::numeric_limits<int>::max()};
  const bool is_held = !poll.result && turn.watched.is_in_maintenance;
  const auto& confirm = is_held ? kNever : availability_confirm(state, turn.policy());
  // What ends an outage is told from the outage's begin.
  const auto last_seen = poll.result ? std::nullopt : state.last_answer;
  const auto fact = turn.observe(state.availability, seen, confirm, last_seen);
  if (fact) seen == Availability::Up ? go_up(turn, *fact) : go_down(turn, *fact);
}

}  // namespace modelvane
