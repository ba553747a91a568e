// What is known of one endpoint: the value that advance() takes and returns, that the store keeps,
// and that everything shown is made from. Each machine (availability, shrink guard, aliases,
// models, retirements, pins) owns one part of it. Whatever is `pending` was seen, but is not yet a
// fact.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/id_list.h"
#include "daemon/catalog/reason.h"
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

struct PendingHints {
  std::vector<std::string> values;
  std::optional<Time> last_seen;  // last good poll that still showed the known values
  Time first_seen{};
  int polls = 0;
  friend bool operator==(const PendingHints&, const PendingHints&) = default;
};

struct LastMove {
  std::string event_id;
  std::string from;
  Time at{};
  friend bool operator==(const LastMove&, const LastMove&) = default;
};

struct AliasState {
  AliasStatus status = AliasStatus::Resolved;
  std::string
      target;  // the last confirmed target; kept while undisclosed or absent; "" = never disclosed
  Rule rule = Rule::Field;
  Time since{};  // when `target` was first seen (or the baseline)
  // Last good poll that showed the confirmed status and target. None: the endpoint's last good
  // poll, as for nearly every alias.
  std::optional<Time> last_seen;
  std::string evidence;  // the row that showed `target`
  std::optional<Pending> pending;
  std::vector<std::string>
      recent;  // targets of the last good polls, newest last; empty while they all agree
  bool unstable = false;
  bool unheard =
      false;  // listed, but nobody has asked for its target yet: the first answer is its baseline
  std::optional<LastMove> last_move;
  std::uint64_t changes = 0;  // alias.moved events so far
  std::vector<std::string>
      hints;  // confirmed values of the watched pointers; empty = none read yet
  std::optional<PendingHints> pending_hints;
  std::optional<bool> pin_ok;  // as last said; none = no pin, or no target to judge
  // Seen, but not (yet) confirmed to be an alias at all: nothing to show.
  bool is_newcomer() const { return status == AliasStatus::Absent && target.empty(); }
  friend bool operator==(const AliasState&, const AliasState&) = default;
};

// An id that the last believed list has, although it is not yet known as a model (added), or has
// not, although it is (removed).
struct PendingModel {
  std::optional<Time> last_seen;  // last good poll that still showed it the other way
  Time first_seen{};
  int polls = 0;
  friend bool operator==(const PendingModel&, const PendingModel&) = default;
};

// What a list says about a model's end.
struct Ending {
  std::optional<Time> at;  // none: deprecated without a date
  std::string replacement;
  friend bool operator==(const Ending&, const Ending&) = default;
};

struct PendingEnding {
  std::optional<Ending> seen;     // none: the list says nothing any more
  std::optional<Time> last_seen;  // last good poll that still said what is known
  Time first_seen{};
  int polls = 0;
  friend bool operator==(const PendingEnding&, const PendingEnding&) = default;
};

struct EndingState {
  std::optional<Ending> known;
  std::optional<PendingEnding> pending;
  int near_days =
      0;  // the tightest threshold that was said (or passed before anybody knew); 0 = none yet
  friend bool operator==(const EndingState&, const EndingState&) = default;
};

struct Quarantine {
  Time since{};
  std::size_t models_now = 0;
  friend bool operator==(const Quarantine&, const Quarantine&) = default;
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
// the process.
struct EchoSpending {
  std::int64_t day = 0;
  int asked = 0;
  friend bool operator==(const EchoSpending&, const EchoSpending&) = default;
};

struct EndpointState {
  bool has_baseline = false;
  std::optional<Time> last_good;  // last believed list
  IdList ids;                     // of that list
  std::map<std::string, PendingModel> pending_models;
  std::map<std::string, AliasState> aliases;
  std::optional<std::map<std::string, EndingState>> endings;  // by model; none = not read yet
  std::optional<Quarantine> quarantine;
  Steady steady;

  Availability availability = Availability::Unknown;
  int streak = 0;  // consecutive polls that speak against `availability`
  std::optional<Time> streak_since;
  std::optional<Time> down_since;  // first failed poll of the present outage
  std::optional<Reason> down_reason;
  std::string down_sentence;
  std::optional<Time> last_answer;  // last poll that was good or quarantined

  EchoSpending echo;
  std::uint64_t events_made = 0;  // part of each event's id
  friend bool operator==(const EndpointState&, const EndpointState&) = default;
};

// When the alias was last seen as it is known.
inline Time last_seen(const EndpointState& state, const AliasState& alias) {
  return alias.last_seen.value_or(state.last_good.value_or(alias.since));
}

}  // namespace modelvane
