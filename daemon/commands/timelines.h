// What each alias pointed to at a point in time, put together from events (each says what it
// changed and between which two polls) and from the present state. What they do not tell is
// unknown.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/source.h"
#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

enum class Knowledge { Resolved, Alternating, Undisclosed, Absent, Unknown };
inline constexpr auto kKnowledges = labelled<Knowledge>({
    {Knowledge::Resolved, "resolved"},
    {Knowledge::Alternating, "unstable"},
    {Knowledge::Undisclosed, "undisclosed"},
    {Knowledge::Absent, "absent"},
    {Knowledge::Unknown, "unknown"},
});

// What an alias was at one time.
struct View {
  Knowledge knowledge = Knowledge::Unknown;
  std::vector<std::string> targets;
  friend bool operator==(const View&, const View&) = default;
};

struct TimelineAnswer {
  View view;
  std::optional<View> or_else;  // the moment lies between the polls that saw the one and the other
  std::string note;             // how sure that is
  bool is_unwatched = false;    // Unknown because nobody looked yet
};

// The change happened after `not_before` and not after `seen`.
struct Point {
  Time not_before{};
  Time seen{};
  View before;
  View after;
};

struct Timeline {
  std::vector<Point> points;  // in the order of events
  std::uint64_t moves = 0;    // alias.moved events among them
  std::optional<AliasNow> now;
};

struct EndpointTimelines {
  std::map<std::string, Timeline> aliases;
  std::optional<Time> known_since;  // the oldest trace of a poll
  bool is_cut = false;              // it was polled before that: events are no longer stored

  void add_trace(Time time) {
    if (time != Time{} && (!known_since || time < *known_since)) known_since = time;
  }
};
using Timelines = std::map<std::string, EndpointTimelines>;  // by endpoint

// `endpoint`: only this one; "" = all.
std::expected<Timelines, std::string> read_timelines(Source& source, const std::string& endpoint);

TimelineAnswer answer_at(const EndpointTimelines& endpoint, const Timeline& timeline, Time at);

// For a cell of a table.
std::string to_text(const TimelineAnswer& answer);
// status, target, possible, note.
nlohmann::ordered_json to_json(const TimelineAnswer& answer);

// A point in time, a date, or how long ago; nullopt for "". The error names the flag.
std::expected<std::optional<Time>, std::string> time_of(std::string_view flag,
                                                        const std::string& text, Time now);

}  // namespace modelvane
