// What the aliases pointed to at two times, and where that differs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/commands/timelines.h"
#include "daemon/engine/clock.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

struct Difference {
  std::string endpoint;
  std::string alias;
  TimelineAnswer from;
  TimelineAnswer to;
};

struct Differences {
  std::vector<Difference> rows;
  std::size_t unwatched = 0;  // of the rows: those whose endpoint was not watched yet at the first
  std::size_t alike = 0;
};

Differences compare(const Timelines& timelines, const std::string& alias_name, Time from, Time to) {
  Differences found;
  for (const auto& [name, endpoint] : timelines) {
    for (const auto& [alias, timeline] : endpoint.aliases) {
      if (!alias_name.empty() && alias != alias_name) continue;
      auto before = answer_at(endpoint, timeline, from);
      auto after = answer_at(endpoint, timeline, to);
      if (before.view == after.view && before.or_else == after.or_else) {
        ++found.alike;
      } else {
        found.unwatched += before.is_unwatched;
        found.rows.push_back({name, alias, std::move(before), std::move(after)});
      }
    }
  }
  return found;
}

void print_json(const Differences& found, Time from, Time to) {
  Json changed = Json::array();
  for (const auto& row : found.rows) {
    changed.push_back({{"endpoint", row.endpoint},
                       {"alias", row.alias},
                       {"from", to_json(row.from)},
                       {"to", to_json(row.to)}});
  }
  const Json all{{"from", to_rfc3339(from)},
                 {"to", to_rfc3339(to)},
                 {"changed", std::move(changed)},
                 {"unchanged", found.alike}};
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_rows(const Differences& found, Time from, Time to) {
  const auto unwatched =
      found.unwatched == 0
          ? ""
          : fmt::format("{} not watched yet at the first of these times, ", found.unwatched);
  fmt::print("From {} to {}: {} changed, {}{} as before\n", to_rfc3339(from), to_rfc3339(to),
             found.rows.size() - found.unwatched, unwatched, found.alike);
  if (found.rows.empty()) return;
  std::vector<TableRow> table{{"ALIAS", "POINTED TO", "POINTS TO", "HOW SURE"}};
  for (const auto& row : found.rows) {
    table.push_back({cell(row.endpoint + "/" + row.alias), to_text(row.from), to_text(row.to),
                     row.to.note.empty() ? row.from.note : row.to.note});
  }
  print_table(table);
}

}  // namespace

int diff(const DiffOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  const Time now = SystemClock{}.wall();
  const auto from = time_of("--from", options.from, now);
  if (!from) return fail(kUsageError, from.error());
  const auto to = time_of("--to", options.to, now);
  if (!to) return fail(kUsageError, to.error());
  const Time end = to->value_or(now);
  if (!*from || **from >= end) return fail(kUsageError, "--from must be before --to");
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto timelines = read_timelines(**source, options.endpoint);
  if (!timelines) return fail(kFailed, timelines.error());
  const auto found = compare(*timelines, options.alias, **from, end);
  options.output == "json" ? print_json(found, **from, end) : print_rows(found, **from, end);
  return 0;
}

}  // namespace modelvane
