#include "daemon/commands/timelines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/commands/table.h"
#include "daemon/events/event_json.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const View& view) {
  if (view.knowledge == Knowledge::Resolved) return cell(view.targets.front());
  if (view.knowledge != Knowledge::Alternating)
    return std::string{kKnowledges.label(view.knowledge)};
  return cell(fmt::format("{} (in turns)", fmt::join(view.targets, " and ")));
}

View resolved(const std::optional<std::string>& target) {
  return target ? View{Knowledge::Resolved, {*target}} : View{};
}

// Whether it says what the alias pointed to before and after it. Others tell of the alias (its row
// changed, a pin broke, it disagrees with another endpoint's) while it points where it did.
bool changes_answer(EventType type) {
  switch (type) {
    case EventType::AliasMoved:
    case EventType::AliasUnstable:
    case EventType::AliasSettled:
    case EventType::AliasAppeared:
    case EventType::AliasDisclosed:
    case EventType::AliasVanished:
    case EventType::AliasUndisclosed: return true;
    default: return false;
  }
}

Point point_of(const Event& event) {
  Point point{.not_before = Time{}, .seen = event.time};
  if (event.observed_between) {
    point.not_before = event.observed_between->first.value_or(Time{});
    point.seen = event.observed_between->second;
  }
  point.before = resolved(event.from);
  point.after = resolved(event.to);
  switch (event.type) {
    case EventType::AliasUnstable: point.after = {Knowledge::Alternating, event.targets}; break;
    case EventType::AliasSettled: point.before = {}; break;
    case EventType::AliasAppeared: point.before = {Knowledge::Absent, {}}; break;
    case EventType::AliasDisclosed: point.before = {Knowledge::Undisclosed, {}}; break;
    case EventType::AliasVanished: point.after = {Knowledge::Absent, {}}; break;
    case EventType::AliasUndisclosed: point.after = {Knowledge::Undisclosed, {}}; break;
    default: break;
  }
  return point;
}

View present_view(const AliasNow& now) {
  if (now.status == AliasStatus::Absent) return {Knowledge::Absent, {}};
  if (now.status == AliasStatus::Undisclosed) return {Knowledge::Undisclosed, {}};
  return {Knowledge::Resolved, {now.target}};
}

TimelineAnswer before_watching(const EndpointTimelines& endpoint) {
  const auto since = to_rfc3339(*endpoint.known_since);
  if (endpoint.is_cut)
    return {.note = fmt::format("unknown before {}: older events are no longer stored", since)};
  return {.note = fmt::format("not watched before {}", since), .is_unwatched = true};
}

TimelineAnswer before_first(const EndpointTimelines& endpoint, const Timeline& timeline, Time at) {
  const bool is_cut = timeline.now && timeline.now->changes > timeline.moves;
  if (is_cut)
    return {.note = fmt::format("unknown before {}: older events are no longer stored",
                                to_rfc3339(timeline.points.front().not_before))};
  if (endpoint.known_since && at < *endpoint.known_since) return before_watching(endpoint);
  return {.view = timeline.points.front().before, .note = "until its first recorded change"};
}

// After the last event the state speaks, too: it can have got a new baseline without an event
// (another URL, another rule).
TimelineAnswer after_last(const EndpointTimelines& endpoint, const Timeline& timeline, Time at) {
  TimelineAnswer answer;
  if (!timeline.points.empty())
    answer = {.view = timeline.points.back().after,
              .note = fmt::format("since {}", to_rfc3339(timeline.points.back().seen))};
  if (!timeline.now) return answer;
  const AliasNow& state = *timeline.now;
  if (at >= state.since && !state.unstable && answer.view != present_view(state)) {
    answer = {.view = present_view(state),
              .note = fmt::format("since {} or longer", to_rfc3339(state.since))};
  } else if (timeline.points.empty()) {
    if (endpoint.known_since && at < *endpoint.known_since) return before_watching(endpoint);
    return {.note =
                fmt::format("unknown before {}: nothing older is stored", to_rfc3339(state.since))};
  }
  if (state.last_seen && at > *state.last_seen)
    answer.note += fmt::format("; last seen {}", to_rfc3339(*state.last_seen));
  return answer;
}

void add_event(const StoredEvent& stored, Timelines& timelines) {
  const auto event = parse_cloudevent(stored.json);
  if (!event || event->drill) return;
  auto& endpoint = timelines[stored.endpoint];
  const Point point = point_of(*event);
  endpoint.add_trace(point.not_before == Time{} ? point.seen : point.not_before);
  if (!changes_answer(event->type)) return;
  auto& timeline = endpoint.aliases[stored.alias];
  timeline.points.push_back(point);
  timeline.moves += event->type == EventType::AliasMoved;
}

}  // namespace

TimelineAnswer answer_at(const EndpointTimelines& endpoint, const Timeline& timeline, Time at) {
  const auto& points = timeline.points;
  const auto next = std::find_if(points.begin(), points.end(),
                                 [&](const Point& point) { return point.seen > at; });
  TimelineAnswer answer;
  if (next == points.end()) {
    answer = after_last(endpoint, timeline, at);
  } else if (next == points.begin()) {
    answer = before_first(endpoint, timeline, at);
  } else {
    answer = {.view = std::prev(next)->after,
              .note = fmt::format("since {}", to_rfc3339(std::prev(next)->seen))};
  }
  if (next == points.end() || at <= next->not_before || answer.view.knowledge == Knowledge::Unknown)
    return answer;
  // Two events of one poll (it appeared, and has moved) are one change: the later one tells what it
  // became.
  const auto same_poll = [&](const Point& point) { return point.seen == next->seen; };
  const auto last = std::find_if_not(next, points.end(), same_poll);
  answer.or_else = std::prev(last)->after;
  answer.note = fmt::format("it changed between {} and {}", to_rfc3339(next->not_before),
                            to_rfc3339(next->seen));
  return answer;
}

std::expected<Timelines, std::string> read_timelines(Source& source,
                                                     const std::string& endpoint_name) {
  Timelines timelines;
  const auto read = source.each_event(
      {.endpoint = endpoint_name, .limit = std::numeric_limits<std::size_t>::max()},
      [&](const StoredEvent& stored) { add_event(stored, timelines); });
  if (!read) return std::unexpected(read.error());
  for (auto& [name, endpoint] : timelines) {
    for (auto& [alias, timeline] : endpoint.aliases) std::ranges::reverse(timeline.points);
  }
  auto aliases = source.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  for (auto& [key, now] : *aliases) {
    const auto& [name, alias] = key;
    if (!endpoint_name.empty() && name != endpoint_name) continue;
    auto& endpoint = timelines[name];
    auto& timeline = endpoint.aliases[alias];
    endpoint.add_trace(now.since);
    endpoint.is_cut = endpoint.is_cut || now.changes > timeline.moves;
    timeline.now = std::move(now);
  }
  return timelines;
}

std::string to_text(const TimelineAnswer& answer) {
  if (answer.is_unwatched) return "not watched yet";
  if (!answer.or_else) return to_text(answer.view);
  return fmt::format("{} or {}", to_text(answer.view), to_text(*answer.or_else));
}

Json to_json(const TimelineAnswer& answer) {
  const bool is_certain = !answer.or_else && answer.view.knowledge != Knowledge::Unknown;
  Json json{{"status", answer.or_else ? "uncertain" : kKnowledges.label(answer.view.knowledge)},
            {"target", nullptr},
            {"possible", Json::array()},
            {"note", answer.note}};
  if (is_certain && answer.view.knowledge == Knowledge::Resolved)
    json["target"] = answer.view.targets.front();
  for (const auto& target : answer.view.targets) json["possible"].push_back(target);
  if (!answer.or_else) return json;
  for (const auto& target : answer.or_else->targets) json["possible"].push_back(target);
  return json;
}

std::expected<std::optional<Time>, std::string> time_of(std::string_view flag,
                                                        const std::string& text, Time now) {
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_rfc3339(text)) return *time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return std::unexpected(
      fmt::format("{} {}: write a time such as 2026-11-22T10:00:00Z, a date such as 2026-11-22, or "
                  "how long ago, such as 24h",
                  flag, plain_text(text, kCellCharactersMax)));
}

}  // namespace modelvane
