// What happened: a list of events, or with --at what each alias pointed to at a point in time.
#include <fmt/format.h>

#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/commands/timelines.h"
#include "daemon/engine/clock.h"
#include "daemon/events/event_json.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// ---- options
// -------------------------------------------------------------------------------------------------

struct Question {
  EventFilter filter;
  std::optional<Time> at;
};

std::expected<Question, std::string> question_of(const HistoryOptions& options, Time now) {
  if (const auto problem = output_problem(options.output)) return std::unexpected(*problem);
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
  question.filter.limit = options.limit;
  question.at = *at;
  return question;
}

// ---- events
// -------------------------------------------------------------------------------------------------

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

bool asks_for_all(const EventFilter& filter) {
  return filter.endpoint.empty() && filter.alias.empty() && filter.types.empty() && !filter.since &&
         !filter.until;
}

void print_events(const std::vector<StoredEvent>& events, bool as_json, bool asks_for_all) {
  if (as_json) {
    // The canonical texts as they are: what receivers got, byte for byte.
    for (std::size_t i = 0; i < events.size(); ++i)
      fmt::print("{}{}", i == 0 ? "[\n" : ",\n", events[i].json);
    fmt::print("{}", events.empty() ? "[]\n" : "\n]\n");
    return;
  }
  if (events.empty())
    return fmt::print("{}\n", asks_for_all
                                  ? "nothing has happened yet; the first poll of an endpoint sets "
                                    "what later ones are compared with"
                                  : "no events match");
  std::vector<TableRow> rows{{"TIME", "TYPE", "SUBJECT", "WHAT"}};
  for (const auto& event : events) rows.push_back(row_of(event));
  print_table(rows);
}

int print_at(const Timelines& timelines, const std::string& alias_name, Time at, bool as_json) {
  std::vector<TableRow> rows{{"ALIAS", "POINTED TO", "HOW SURE"}};
  Json json = Json::array();
  for (const auto& [name, endpoint] : timelines) {
    for (const auto& [alias, timeline] : endpoint.aliases) {
      if (!alias_name.empty() && alias != alias_name) continue;
      const TimelineAnswer answer = answer_at(endpoint, timeline, at);
      rows.push_back({cell(name + "/" + alias), to_text(answer), answer.note});
      Json row{{"endpoint", name}, {"alias", alias}, {"at", to_rfc3339(at)}};
      row.update(to_json(answer));
      json.push_back(std::move(row));
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
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const bool as_json = options.output == "json";
  if (question->at) {
    const auto timelines = read_timelines(**source, options.endpoint);
    if (!timelines) return fail(kFailed, timelines.error());
    return print_at(*timelines, options.alias, *question->at, as_json);
  }
  const auto events = (*source)->events(question->filter);
  if (!events) return fail(kFailed, events.error());
  print_events(*events, as_json, asks_for_all(question->filter));
  return 0;
}

}  // namespace modelvane
