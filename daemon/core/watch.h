// The heart of modelvane: advance(state, observation, policy) -> next state and events. A pure function of its arguments; it
// knows no clock, thread, socket, file or library. Whoever reads this file and its tables of tests understands the product.
//
// What it decides:
//  - A failed poll changes nothing that is known about models; it only counts towards endpoint.down.
//  - The first good poll ever sets the baseline silently.
//  - A difference is `pending` until policy's number of consecutive good polls (and time) agree, then it is an event. A value
//  that
//    goes back before that was nothing.
//  - Targets that alternate between polls (a rollout, replicas that disagree) raise alias.unstable once; then nothing is said
//  until
//    they hold still for kSettlePolls good polls: alias.settled, and alias.moved if the target is not the one known before.
//  - alias.moved forms an unbroken chain per alias: `from` is always the `to` of the move before, also across a time in which the
//    alias was gone or undisclosed.
//  - A list that loses a large share of its ids at once is quarantined: the server answered, but the list is not believed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/core/policy.h"
#include "daemon/core/poll.h"

namespace modelvane {

// Good polls looked back on for alternation, and how many changes of target among them make an alias unstable: A B A B.
inline constexpr std::size_t kFlapWindow = 8;
inline constexpr int kFlapsToUnstable = 3;
// An unstable alias has settled when it held one target for so many good polls (or policy's moved.polls, if that is more).
inline constexpr int kSettlePolls = 4;

enum class AliasStatus { Resolved, Undisclosed, Absent };
std::string_view label(AliasStatus status);

// What one good poll showed of one alias.
struct Sighting {
  AliasStatus status = AliasStatus::Absent;
  std::string target;  // only when Resolved
  friend bool operator==(const Sighting&, const Sighting&) = default;
};

// A difference that waits for confirmation.
struct Pending {
  Sighting seen;
  Time first_seen{};
  int polls = 0;
  friend bool operator==(const Pending&, const Pending&) = default;
};

struct LastMove {
  std::string event_id;
  std::string from;
  Time at{};
  friend bool operator==(const LastMove&, const LastMove&) = default;
};

struct AliasState {
  AliasStatus status = AliasStatus::Resolved;
  std::string target;  // the last confirmed target; kept while undisclosed or absent
  Rule rule = Rule::Field;
  Time since{};          // when `target` was first seen (or the baseline)
  Time last_seen{};      // last good poll that showed the confirmed status and target
  std::string evidence;  // the row that showed `target`
  std::optional<Pending> pending;
  std::vector<std::string> recent;  // targets of the last good polls, newest last; empty while they all agree
  bool unstable = false;
  std::optional<LastMove> last_move;
  std::uint64_t changes = 0;  // alias.moved events so far
  // Seen, but not (yet) confirmed to be an alias at all: nothing to show.
  bool is_newcomer() const { return status == AliasStatus::Absent && target.empty(); }
  friend bool operator==(const AliasState&, const AliasState&) = default;
};

struct Quarantine {
  Time since{};
  std::size_t models_now = 0;
  friend bool operator==(const Quarantine&, const Quarantine&) = default;
};

// Availability: Unknown until the first `down` or the first good poll.
enum class Availability { Unknown, Up, Down };

struct EndpointState {
  bool has_baseline = false;
  std::optional<Time> last_good;  // last believed list
  std::vector<std::string> ids;   // of that list: sorted, unique
  std::map<std::string, AliasState> aliases;
  std::optional<Quarantine> quarantine;

  Availability availability = Availability::Unknown;
  int streak = 0;  // consecutive polls that speak against `availability`
  std::optional<Time> streak_since;
  std::optional<Time> down_since;  // first failed poll of the present outage
  std::optional<Reason> down_reason;
  std::string down_sentence;
  std::optional<Time> last_answer;  // last poll that was good or quarantined

  std::uint64_t events_made = 0;  // part of each event's id
  friend bool operator==(const EndpointState&, const EndpointState&) = default;
};

// Who is watched: constant between reloads.
struct Watched {
  std::string endpoint;
  std::string instance;  // makes event ids of two installations differ
  Policy policy;
  std::map<std::string, std::vector<std::string>> pins;  // alias -> approved targets
  std::map<std::string, std::string> labels;
};

struct Advanced {
  EndpointState state;
  std::vector<Event> events;  // in order; `sequence` is still 0
  // False when the next state differs from the one before only in its marks (last_good, last_seen, last_answer): those need not
  // be durable before anything else.
  bool must_persist = false;
};

Advanced advance(EndpointState state, const Observation& observation, const Watched& watched);

// A good poll at `at` showed everything as it is known in `state`: moves the marks of what is not in doubt.
void apply_good_mark(EndpointState& state, Time at);

// When to look again sooner than the regular interval: the first of `recheck` after `now` while more polls are needed to confirm
// something, and the end of a confirmation's or quarantine's waiting time. nullopt: nothing is waiting.
std::optional<Time> wants_poll_at(const EndpointState& state, const Policy& policy, Duration recheck, Time now);

// The approved set of `alias` against `target`; nullopt where the user pinned nothing.
std::optional<PinState> pin_state(const Watched& watched, const std::string& alias, const std::string& target);

}  // namespace modelvane
