#include "daemon/detect/clock_step.h"

#include <algorithm>

namespace modelvane {
namespace {

// Calls visit(Time&) for every time from which something is waited for or told. Past facts (when
// an alias got its target, when it moved) stay as they were told.
template <typename Visitor>
class Times {
 public:
  explicit Times(const Visitor& visit) : visit_(visit) {}

  void of(EndpointState& state) {
    for (auto* time : {&state.last_good, &state.last_answer, &state.down_since}) of(*time);
    of(state.availability);
    for (auto& [id, presence] : state.pending_models) of(presence);
    for (auto* aliases : {&state.aliases, &state.newcomers}) {
      for (auto& [id, alias] : *aliases) of(alias);
    }
    if (state.endings) {
      for (auto& [id, ending] : *state.endings) of(ending.ending);
    }
    if (auto& held = state.quarantine) {
      visit_(held->since);
      of(held->last_seen);
    }
    for (auto& [id, time] : state.restless.departed) visit_(time);
  }

 private:
  void of(std::optional<Time>& time) {
    if (time) visit_(*time);
  }
  void of(AliasState& alias) {
    of(alias.last_seen);
    of(alias.sighting);
    of(alias.hints);
  }
  template <typename Value>
  void of(Confirming<Value>& confirming) {
    if (!confirming.pending) return;
    visit_(confirming.pending->first_seen);
    of(confirming.pending->last_seen);
  }

  const Visitor& visit_;
};

}  // namespace

void move_times(EndpointState& state, Duration step) {
  const auto move = [step](Time& time) { time += step; };
  Times{move}.of(state);
}

void clamp_times(EndpointState& state, Time now) {
  const auto clamp = [now](Time& time) { time = std::min(time, now); };
  Times{clamp}.of(state);
}

}  // namespace modelvane
