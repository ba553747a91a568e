// What happened, from the store: a list of events, or with --at what each alias pointed to at a
// point in time. The answer to the second is put together from events (each says what it changed
// and between which two polls) and from the present state; what they do not tell is shown as
// unknown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <expected>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/engine/clock.h"
#include "daemon/events/event_json.h"
#include "daemon/notify/plain_text.h"
#include "daemon/store/sqlite_store.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Events of one query; the log gives no more at once.
constexpr std::size_t kPage = 1000;

// ---- options
// -------------------------------------------------------------------------------------------------

struct Question {
  EventFilter filter;
  std::optional<Time> at;
};

// A point in time, a date, or how long ago.
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

std::expected<Question, std::string> question_of(const HistoryOptions& options, Time now) {
  if (options.output != "table" && options.output != "json")
    return std::unexpected("--output is table or json");
  if (options.limit == 0) return std::unexpected("--limit is at least 1");
  auto since = time_of("--since", options.since, now);
  auto until = time_of("--until", options.until, now);
  auto at = time_of("--at", options.at, now);
  for (const auto* time : {&since, &until, &at}) {
    if (!*time) return std::unexpected(time->error());
  }
  if (*since && *until && **since >= **until)
    return std::unexpected("--since must be before --until: nothing lies between them");
  if (*at && (*since || *until || !options.types.empty())) {
    return std::unexpected(
        "--at asks for one point in time: use it with --endpoint and --alias only");
  }
  Question question;
  question.filter.endpoint = options.endpoint;
  question.filter.alias = options.alias;
  question.filter.types = options.types;
  question.filter.since = *since;
  question.filter.until = *until;
  question.at = *at;
  return question;
}

// ---- events
// -------------------------------------------------------------------------------------------------

std::expected<std::vector<StoredEvent>, StoreError> read_newest(SqliteEventLog& log,
                                                                EventFilter filter,
                                                                std::size_t limit) {
  std::vector<StoredEvent> all;
  while (all.size() < limit) {
    filter.limit = std::min(kPage, limit - all.size());
    auto page = log.events(filter);
    if (!page) return page;
    for (auto& event : *page) all.push_back(std::move(event));
    if (page->size() < filter.limit) break;
    filter.before_sequence = all.back().sequence;
  }
  return all;
}

TableRow row_of(const StoredEvent& stored) {
  const auto event = parse_cloudevent(stored.json);
  const auto subject = subject_of(stored.endpoint, stored.alias);
  std::string what = "(its text cannot be read)";
  if (event && event->type == EventType::AliasMoved && event->from && event->to) {
    what = fmt::format("{} -> {}{}", cell(*event->from), cell(*event->to),
                       event->reverts ? " (back)" : "");
  } else if (event) {
    what = plain_text(event->summary, 2 * kCellCharactersMax);
  }
  if (event && event->drill) what = "DRILL " + what;
  return {to_rfc3339(stored.time), std::string{name(stored.type)}, cell(subject), what};
}

void print_events(const std::vector<StoredEvent>& events, bool as_json) {
  if (as_json) {
    // The canonical texts as they are: what receivers got, byte for byte.
    for (std::size_t i = 0; i < events.size(); ++i)
      fmt::print("{}{}", i == 0 ? "[\n" : ",\n", events[i].json);
    fmt::print("{}", events.empty() ? "[]\n" : "\n]\n");
    return;
  }
  if (events.empty()) return fmt::print("no events match\n");
  std::vector<TableRow> rows{{"TIME", "TYPE", "SUBJECT", "WHAT"}};
  for (const auto& event : events) rows.push_back(row_of(event));
  print_table(rows);
}

// ---- one point in time
// -------------------------------------------------------------------------------------------------

enum class Knowledge { Resolved, Alternating, Undisclosed, Absent, Unknown };
constexpr std::array kKnowledgeLabels{"resolved", "unstable", "undisclosed", "absent", "unknown"};

struct View {
  Knowledge knowledge = Knowledge::Unknown;
  std::vector<std::string> targets;
  friend bool operator==(const View&, const View&) = default;
};

std::string to_text(const View& view) {
  if (view.knowledge == Knowledge::Resolved) return cell(view.targets.front());
  if (view.knowledge != Knowledge::Alternating)
    return kKnowledgeLabels[static_cast<std::size_t>(view.knowledge)];
  return cell(fmt::format("{} (in turns)", fmt::join(view.targets, " and ")));
}

View resolved(const std::optional<std::string>& target) {
  return target ? View{Knowledge::Resolved, {*target}} : View{};
}

// The change happened after `not_before` and not after `seen`.
struct Point {
  Time not_before{};
  Time seen{};
  View before;
  View after;
};

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

struct Timeline {
  std::vector<Point> points;  // in the order of events
  std::uint64_t moves = 0;    // alias.moved events among them
  std::optional<AliasState> state;
};

struct Endpoint {
  std::map<std::string, Timeline> aliases;
  std::optional<Time> known_since;  // the oldest trace of a poll

  void add_trace(Time time) {
    if (time != Time{} && (!known_since || time < *known_since)) known_since = time;
  }
};

using Endpoints = std::map<std::string, Endpoint>;

struct Answer {
  View view;
  std::optional<View> or_else;  // the moment lies between the polls that saw the one and the other
  std::string note;
};

View present_view(const AliasState& state) {
  if (state.status() == AliasStatus::Absent) return {Knowledge::Absent, {}};
  if (state.status() == AliasStatus::Undisclosed) return {Knowledge::Undisclosed, {}};
  return {Knowledge::Resolved, {state.target()}};
}

Answer before_first(const Endpoint& endpoint, const Timeline& timeline, Time at) {
  const bool is_cut = timeline.state && timeline.state->changes > timeline.moves;
  if (is_cut)
    return {.note = fmt::format("unknown before {}: older events are no longer stored",
                                to_rfc3339(timeline.points.front().not_before))};
  if (endpoint.known_since && at < *endpoint.known_since) {
    return {.note = fmt::format("unknown before {}: nothing older is stored",
                                to_rfc3339(*endpoint.known_since))};
  }
  return {.view = timeline.points.front().before, .note = "until its first recorded change"};
}

// After the last event the state speaks, too: it can have got a new baseline without an event
// (another URL, another rule).
Answer after_last(const Timeline& timeline, Time at) {
  Answer answer;
  if (!timeline.points.empty())
    answer = {.view = timeline.points.back().after,
              .note = fmt::format("since {}", to_rfc3339(timeline.points.back().seen))};
  if (!timeline.state) return answer;
  const AliasState& state = *timeline.state;
  if (at >= state.since && !state.unstable && answer.view != present_view(state)) {
    answer = {.view = present_view(state),
              .note = fmt::format("since {} or longer", to_rfc3339(state.since))};
  } else if (timeline.points.empty()) {
    return {.note =
                fmt::format("unknown before {}: nothing older is stored", to_rfc3339(state.since))};
  }
  if (state.last_seen && at > *state.last_seen)
    answer.note += fmt::format("; last seen {}", to_rfc3339(*state.last_seen));
  return answer;
}

Answer answer_at(const Endpoint& endpoint, const Timeline& timeline, Time at) {
  const auto& points = timeline.points;
  const auto next = std::find_if(points.begin(), points.end(),
                                 [&](const Point& point) { return point.seen > at; });
  Answer answer;
  if (next == points.end()) {
    answer = after_last(timeline, at);
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

std::expected<Endpoints, StoreError> read_timelines(SqliteEventLog& log,
                                                    const std::string& endpoint_name) {
  Endpoints endpoints;
  EventFilter filter{.endpoint = endpoint_name, .after_sequence = 0, .limit = kPage};
  while (true) {
    const auto page = log.events(filter);
    if (!page) return std::unexpected(page.error());
    for (const auto& stored : *page) {
      const auto event = parse_cloudevent(stored.json);
      if (!event || event->drill) continue;
      Endpoint& endpoint = endpoints[stored.endpoint];
      const Point point = point_of(*event);
      endpoint.add_trace(point.not_before == Time{} ? point.seen : point.not_before);
      if (stored.alias.empty()) continue;
      Timeline& timeline = endpoint.aliases[stored.alias];
      timeline.points.push_back(point);
      timeline.moves += event->type == EventType::AliasMoved;
    }
    if (page->size() < kPage) break;
    filter.after_sequence = page->back().sequence;
  }
  auto states = log.endpoint_states();
  if (!states) return std::unexpected(states.error());
  for (auto& [name, state] : *states) {
    if (!endpoint_name.empty() && name != endpoint_name) continue;
    for (auto& [alias, alias_state] : state.aliases) {
      endpoints[name].add_trace(alias_state.since);
      alias_state.last_seen = last_seen(state, alias_state);
      endpoints[name].aliases[alias].state = std::move(alias_state);
    }
  }
  return endpoints;
}

Json to_json(const std::string& endpoint, const std::string& alias, Time at, const Answer& answer) {
  const bool is_certain = !answer.or_else && answer.view.knowledge != Knowledge::Unknown;
  Json json{{"endpoint", endpoint},
            {"alias", alias},
            {"at", to_rfc3339(at)},
            {"status", answer.or_else
                           ? "uncertain"
                           : kKnowledgeLabels[static_cast<std::size_t>(answer.view.knowledge)]},
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

int print_at(const Endpoints& endpoints, const std::string& alias_name, Time at, bool as_json) {
  std::vector<TableRow> rows{{"ALIAS", "POINTED TO", "HOW SURE"}};
  Json json = Json::array();
  for (const auto& [name, endpoint] : endpoints) {
    for (const auto& [alias, timeline] : endpoint.aliases) {
      if (!alias_name.empty() && alias != alias_name) continue;
      const Answer answer = answer_at(endpoint, timeline, at);
      const auto target =
          answer.or_else ? fmt::format("{} or {}", to_text(answer.view), to_text(*answer.or_else))
                         : to_text(answer.view);
      rows.push_back({cell(name + "/" + alias), target, answer.note});
      json.push_back(to_json(name, alias, at, answer));
    }
  }
  if (as_json) {
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (rows.size() == 1) {
    fmt::print("no such alias is known\n");
  } else {
    fmt::print("At {}:\n", to_rfc3339(at));
    print_table(rows);
  }
  return 0;
}

}  // namespace

int history(const HistoryOptions& options) {
  const auto question = question_of(options, SystemClock{}.wall());
  if (!question) return fail(kUsageError, question.error());
  SqliteEventLog log{options.storage_path};
  if (!log.has_database()) {
    return fail(kFailed, fmt::format("there is no database {} yet; --storage.path names the folder "
                                     "that `modelvane serve` writes to",
                                     database_file(options.storage_path).string()));
  }
  const bool as_json = options.output == "json";
  if (question->at) {
    const auto endpoints = read_timelines(log, options.endpoint);
    if (!endpoints) return fail(kFailed, endpoints.error().sentence);
    return print_at(*endpoints, options.alias, *question->at, as_json);
  }
  const auto events = read_newest(log, question->filter, options.limit);
  if (!events) return fail(kFailed, events.error().sentence);
  print_events(*events, as_json);
  return 0;
}

}  // namespace modelvane
