// What is known of one endpoint: the value that advance() takes and returns, that the store keeps,
// and that everything shown is made from. Each machine (availability, shrink guard, aliases,
// models, retirements, pins) owns one part of it. Whatever waits for confirmation is a Confirming.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/id_list.h"
#include "daemon/catalog/reason.h"
#include "daemon/detect/confirming.h"
#include "daemon/detect/policy.h"
#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

enum class AliasStatus { Resolved, Undisclosed, Absent };
inline constexpr auto kAliasStatuses = labelled<AliasStatus>({
    {AliasStatus::Resolved, "resolved"},
    {AliasStatus::Undisclosed, "undisclosed"},
    {AliasStatus::Absent, "absent"},
});

constexpr std::string_view label(AliasStatus status) {
  return kAliasStatuses.label(status);
}

// What a good poll shows of an alias.
struct Sighting {
  AliasStatus status = AliasStatus::Resolved;
  std::string target;  // while not Resolved the one that was known before; "" = never disclosed
  friend bool operator==(const Sighting&, const Sighting&) = default;
};

struct LastMove {
  std::string event_id;
  std::string from;
  Time at{};
  friend bool operator==(const LastMove&, const LastMove&) = default;
};

struct AliasState {
  Confirming<Sighting> sighting;
  Rule rule = Rule::Field;
  Time since{};  // when the target was first seen (or the baseline)
  // Last good poll that showed the confirmed status and target. None: the endpoint's last good
  // poll, as for nearly every alias.
  std::optional<Time> last_seen;
  std::string evidence;  // the row that showed the target
  // Targets of the last good polls, newest last; empty while they all agree.
  std::vector<std::string> recent;
  bool unstable = false;
  // Listed, but nobody has asked for its target yet: the first answer is its baseline.
  bool unheard = false;
  std::optional<LastMove> last_move;
  std::uint64_t changes = 0;  // alias.moved events so far
  // Values of the watched pointers; none are known before they are first read.
  Confirming<std::vector<std::string>> hints;
  Confirming<bool> disagrees;         // with the other endpoints of its `compare` group
  Confirming<bool> disagrees_served;  // with the traffic (served.h)
  std::optional<bool> pin_ok;         // as last said; none = no pin, or no target to judge

  AliasStatus status() const { return sighting.known.status; }
  // The last confirmed target; kept while undisclosed or absent; "" = never disclosed.
  const std::string& target() const { return sighting.known.target; }
  // Not there, and never disclosed: there is nothing to know of it (yet).
  bool is_nothing() const { return status() == AliasStatus::Absent && target().empty(); }
  friend bool operator==(const AliasState&, const AliasState&) = default;
};

// What a list says about a model's end. Who says so makes no difference.
struct Ending {
  std::optional<Time> at;  // none: deprecated without a date
  std::string replacement;
  std::string source{};  // "" = the endpoint's list
  friend bool operator==(const Ending& a, const Ending& b) {
    return a.at == b.at && a.replacement == b.replacement;
  }
};

struct EndingState {
  Confirming<std::optional<Ending>> ending;  // none: the list says nothing of an end
  // The tightest threshold that was said (or passed before anybody knew); 0 = none yet.
  int near_days = 0;
  friend bool operator==(const EndingState&, const EndingState&) = default;
};

// Ids that left together, and whose leaving is doubted (shrink_guard.h).
struct Quarantine {
  Time since{};                   // the last of them left
  std::optional<Time> last_seen;  // last good poll that still showed them all
  IdList ids;                     // unknown: kept by a version that did not name them
  std::size_t models_now = 0;     // in the list, without them
  friend bool operator==(const Quarantine&, const Quarantine&) = default;
};

// Ids that go and come back within kReturnsWithin: their next leaving needs twice the confirmation.
// A list that took removals back is believed later as a whole: by what would have sufficed for
// them.
inline constexpr Duration kReturnsWithin = std::chrono::days{2};
inline constexpr std::size_t kRestlessMax = 20'000;  // as many as a list may have
inline constexpr Duration kPatienceLasts = std::chrono::days{90};
inline constexpr Duration kMostPatience = std::chrono::days{1};  // no removal is told later by more
// Removals that one poll took back: the longest time by which they were told too early.
struct TakenBack {
  Time at{};
  Duration early{0};
  friend bool operator==(const TakenBack&, const TakenBack&) = default;
};
struct Restless {
  std::set<std::string, std::less<>> ids;
  std::map<std::string, Time, std::less<>> departed;  // told to be gone, at most kReturnsWithin ago
  std::vector<TakenBack> taken_back;                  // oldest first, at most kPatienceLasts ago

  // What is needed to believe that the id has left.
  Confirm leaving(const std::string& id, const Confirm& usual) const {
    if (!ids.contains(id)) return usual;
    return {.polls = usual.polls * 2, .for_at_least = usual.for_at_least * 2};
  }
  // A model that was told to be gone has come back.
  void take_back(const std::string& id, const Confirm& usual, Time now);
  friend bool operator==(const Restless&, const Restless&) = default;
};

// Availability: Unknown until the first `down` or the first good poll.
enum class Availability { Unknown, Up, Down };
inline constexpr auto kAvailabilities = labelled<Availability>({
    {Availability::Unknown, "unknown"},
    {Availability::Up, "up"},
    {Availability::Down, "down"},
});

constexpr std::string_view label(Availability availability) {
  return kAvailabilities.label(availability);
}

// The catalog that showed everything as it is known, with nothing pending: before `until`, seeing
// it again moves marks only. A short cut and no knowledge: it is not stored, and states are equal
// whatever it holds.
struct Steady {
  std::shared_ptr<const Catalog> catalog;
  std::optional<Time> until;  // then a retirement comes near
  friend bool operator==(const Steady&, const Steady&) { return true; }
};

// Echo questions asked on a day (counted from 1970, UTC): they cost money, so the count outlives
// the process, and so does what was learnt for it.
struct EchoSpending {
  std::int64_t day = 0;
  int asked = 0;
  // Which form of the question an alias takes, as far as is known; 0 where none stands here.
  std::map<std::string, std::size_t> forms;
  friend bool operator==(const EchoSpending&, const EchoSpending&) = default;
};

struct EndpointState {
  bool has_baseline = false;
  std::optional<Time> last_good;  // last believed list
  IdList ids;                     // of that list, with those whose leaving is doubted
  // Ids that are there although they are not yet known as models, or are gone although they are.
  std::map<std::string, Confirming<bool>> pending_models;
  std::map<std::string, AliasState> aliases;
  std::map<std::string, AliasState> newcomers;  // seen, but not yet confirmed to be aliases
  std::optional<std::map<std::string, EndingState>> endings;  // by model; none = not read yet
  std::optional<Quarantine> quarantine;
  Restless restless;
  Steady steady;

  Confirming<Availability> availability;
  std::optional<Time> down_since;  // first failed poll of the present outage
  std::optional<Reason> down_reason;
  std::string down_sentence;
  std::optional<Time> last_answer;  // last poll that was good or quarantined

  bool is_unwatched = false;  // it left the configuration, and that was said (unwatched.h)
  EchoSpending echo;
  std::uint64_t events_made = 0;  // part of each event's id
  friend bool operator==(const EndpointState&, const EndpointState&) = default;
};

// Nothing is known of it, or nothing any more: its events are counted on.
inline bool is_blank(const EndpointState& state) {
  return state ==
         EndpointState{.is_unwatched = state.is_unwatched, .events_made = state.events_made};
}

// When the alias was last seen as it is known.
inline Time last_seen(const EndpointState& state, const AliasState& alias) {
  return alias.last_seen.value_or(state.last_good.value_or(alias.since));
}

inline const Confirm& availability_confirm(const EndpointState& state, const Policy& policy) {
  return state.availability.known == Availability::Down ? policy.up : policy.down;
}

// That they agree again is believed like a move.
inline Confirm disagrees_confirm(const AliasState& alias, const Policy& policy) {
  return alias.disagrees.known ? policy.moved : policy.disagrees();
}
inline Confirm disagrees_served_confirm(const AliasState& alias, const Policy& policy) {
  return alias.disagrees_served.known ? policy.moved : policy.disagrees();
}

// Calls visit(confirming, confirm) for everything that can wait for confirmation, with the numbers
// that apply to it; `confirming` is a Confirming of some value.
template <typename Visitor>
void for_each_confirming(const EndpointState& state, const Policy& policy, const Visitor& visit) {
  const auto visit_aliases = [&](const auto& aliases) {
    for (const auto& [id, alias] : aliases) {
      const auto& pending = alias.sighting.pending;
      visit(alias.sighting, pending && pending->seen.status == AliasStatus::Absent
                                ? state.restless.leaving(id, policy.vanished)
                                : policy.moved);
      visit(alias.hints, policy.moved);
      visit(alias.disagrees, disagrees_confirm(alias, policy));
      visit(alias.disagrees_served, disagrees_served_confirm(alias, policy));
    }
  };
  visit(state.availability, availability_confirm(state, policy));
  visit_aliases(state.aliases);
  visit_aliases(state.newcomers);
  for (const auto& [id, presence] : state.pending_models)
    visit(presence, presence.known ? state.restless.leaving(id, policy.removed) : policy.added);
  if (!state.endings) return;
  for (const auto& [id, ending] : *state.endings) visit(ending.ending, policy.moved);
}

}  // namespace modelvane
