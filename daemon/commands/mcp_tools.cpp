#include "daemon/commands/mcp_tools.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "daemon/commands/timelines.h"
#include "daemon/events/event_json.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;
using ToolRows = std::expected<std::vector<Json>, std::string>;

struct Argument {
  std::string_view name;
  std::string_view description;
  bool is_needed = false;
};

constexpr Argument kEndpoint{"endpoint", "only this endpoint"};
constexpr Argument kAlias{"alias", "only this alias"};
constexpr Argument kSince{"since", "from this time on: RFC 3339, a date, or how long ago: 7d"};
constexpr Argument kUntil{"until", "before this time"};
constexpr Argument kType{"type", "an event type or a glob, such as alias.moved or alias.*"};
constexpr Argument kNeededAlias{"alias", "the alias's name", true};
constexpr Argument kNeededSince{"since", "RFC 3339, a date, or how long ago: 7d", true};

// The arguments of one call, by name; those that were not given are "".
class Arguments {
 public:
  Arguments(const Json& given, Time now) : given_(given), now_(now) {}
  std::string text(std::string_view name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? std::string{} : found->get<std::string>();
  }
  std::expected<std::optional<Time>, std::string> time(std::string_view name) const {
    return time_of(name, text(name), now_);
  }

 private:
  const Json& given_;
  Time now_;
};

Json time_json(const std::optional<Time>& time) {
  return time && *time != Time{} ? Json(to_rfc3339(*time)) : Json(nullptr);
}

bool is_wanted(const std::string& wanted, const std::string& name) {
  return wanted.empty() || wanted == name;
}

ToolRows list_aliases(Source& source, const Arguments& arguments) {
  const auto aliases = source.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  std::vector<Json> rows;
  for (const auto& [key, now] : *aliases) {
    const auto& [endpoint, alias] = key;
    if (!is_wanted(arguments.text("endpoint"), endpoint) ||
        !is_wanted(arguments.text("alias"), alias))
      continue;
    rows.push_back(
        {{"endpoint", endpoint},
         {"alias", alias},
         {"status", label(now.status)},
         {"target", now.status == AliasStatus::Resolved ? Json(now.target) : Json(nullptr)},
         {"since", time_json(now.since)},
         {"unstable", now.unstable},
         {"moves", now.changes}});
  }
  return rows;
}

// Evidence is left out: rows of lists are long, and written by others.
Json event_row(const StoredEvent& stored) {
  Json row{{"id", stored.id}, {"type", name(stored.type)}, {"time", to_rfc3339(stored.time)}};
  const auto event = parse_cloudevent(stored.json);
  if (!event) return row;
  row["endpoint"] = event->endpoint;
  if (!event->about().empty()) row["about"] = event->about();
  if (event->from) row["from"] = *event->from;
  if (event->to) row["to"] = *event->to;
  if (event->observed_between) {
    row["happened_after"] = time_json(event->observed_between->first);
    row["happened_before"] = to_rfc3339(event->observed_between->second);
  }
  row["summary"] = event->summary;
  if (event->drill) row["drill"] = true;
  return row;
}

ToolRows events(Source& source, EventFilter filter, const Arguments& arguments) {
  auto since = arguments.time("since");
  if (!since) return std::unexpected(since.error());
  auto until = arguments.time("until");
  if (!until) return std::unexpected(until.error());
  filter.endpoint = arguments.text("endpoint");
  filter.alias = arguments.text("alias");
  filter.since = *since;
  filter.until = *until;
  filter.limit = kMcpRowsMax + 1;  // one more tells that there are more
  const auto found = source.events(filter);
  if (!found) return std::unexpected(found.error());
  std::vector<Json> rows;
  for (const auto& event : *found) rows.push_back(event_row(event));
  return rows;
}

ToolRows list_events(Source& source, const Arguments& arguments) {
  EventFilter filter;
  if (const auto type = arguments.text("type"); !type.empty()) {
    if (std::ranges::none_of(kEventTypes.labels(),
                             [&](const auto& known) { return glob_matches(type, known); })) {
      return std::unexpected(fmt::format("no event type is like {}; there are {}", type,
                                         fmt::join(kEventTypes.labels(), ", ")));
    }
    filter.types = {type};
  }
  return events(source, std::move(filter), arguments);
}

ToolRows alias_history(Source& source, const Arguments& arguments) {
  return events(source, {.types = {"alias.*"}}, arguments);
}

ToolRows what_changed(Source& source, const Arguments& arguments) {
  const auto since = arguments.time("since");
  if (!since) return std::unexpected(since.error());
  const auto timelines = read_timelines(source, arguments.text("endpoint"));
  if (!timelines) return std::unexpected(timelines.error());
  std::vector<Json> rows;
  for (const auto& [name, endpoint] : *timelines) {
    for (const auto& [alias, timeline] : endpoint.aliases) {
      const auto before = answer_at(endpoint, timeline, since->value_or(Time{}));
      const auto after = answer_at(endpoint, timeline, Time::max());
      if (before.view == after.view && !before.or_else) continue;
      rows.push_back({{"endpoint", name},
                      {"alias", alias},
                      {"then", to_json(before)},
                      {"now", to_json(after)}});
    }
  }
  return rows;
}

ToolRows list_endpoints(Source& source, const Arguments& arguments) {
  const auto endpoints = source.endpoints();
  if (!endpoints) return std::unexpected(endpoints.error());
  std::vector<Json> rows;
  for (const auto& now : *endpoints) {
    if (!is_wanted(arguments.text("endpoint"), now.name)) continue;
    rows.push_back({{"endpoint", now.name},
                    {"availability", label(now.availability)},
                    {"down_since", time_json(now.down_since)},
                    {"last_good_poll", time_json(now.last_good_poll)},
                    {"models", now.models}});
  }
  return rows;
}

ToolRows list_retirements(Source& source, const Arguments& arguments) {
  const auto endpoints = source.endpoints();
  if (!endpoints) return std::unexpected(endpoints.error());
  const auto aliases = source.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  std::vector<Json> rows;
  for (const auto& now : *endpoints) {
    if (!is_wanted(arguments.text("endpoint"), now.name)) continue;
    for (const auto& retirement : now.retirements) {
      auto pointing = Json::array();
      for (const auto& [key, alias] : *aliases) {
        if (key.first == now.name && alias.status == AliasStatus::Resolved &&
            alias.target == retirement.model)
          pointing.push_back(key.second);
      }
      rows.push_back(
          {{"endpoint", now.name},
           {"model", retirement.model},
           {"ends", time_json(retirement.at)},
           {"replacement",
            retirement.replacement.empty() ? Json(nullptr) : Json(retirement.replacement)},
           {"aliases_that_point_there", std::move(pointing)}});
    }
  }
  return rows;
}

ToolRows list_pins(Source& source, const Arguments& arguments) {
  const auto pins = source.pins();
  if (!pins) return std::unexpected(pins.error());
  const auto aliases = source.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  std::vector<Json> rows;
  for (const auto& [key, pin] : *pins) {
    if (!is_wanted(arguments.text("endpoint"), key.first)) continue;
    const auto now = aliases->find(key);
    const bool is_known = now != aliases->end() && now->second.status == AliasStatus::Resolved;
    const auto target = is_known ? now->second.target : std::string{};
    rows.push_back({{"endpoint", key.first},
                    {"alias", key.second},
                    {"approved", pin.targets},
                    {"target", is_known ? Json(target) : Json(nullptr)},
                    {"state", pin_word(pin.targets, target)}});
  }
  return rows;
}

struct Tool {
  std::string_view name;
  std::string_view description;
  std::vector<Argument> arguments;
  ToolRows (*call)(Source&, const Arguments&);
};

const std::vector<Tool>& tools() {
  static const std::vector<Tool> all{
      {"aliases",
       "What each model alias points to now, and since when",
       {kEndpoint, kAlias},
       list_aliases},
      {"alias_history",
       "What happened to one alias, newest first: moves with the time between "
       "which they happened",
       {kNeededAlias, kEndpoint, kSince, kUntil},
       alias_history},
      {"what_changed",
       "The aliases that point elsewhere now than they did at a time",
       {kNeededSince, kEndpoint},
       what_changed},
      {"endpoints",
       "The watched providers' endpoints and whether they are up",
       {kEndpoint},
       list_endpoints},
      {"events",
       "Events of every kind, newest first",
       {kType, kEndpoint, kAlias, kSince, kUntil},
       list_events},
      {"retirements",
       "Models whose end a provider announces, and the aliases that point there",
       {kEndpoint},
       list_retirements},
      {"pins",
       "The targets that people approved for aliases, and whether that is kept",
       {kEndpoint},
       list_pins},
  };
  return all;
}

std::optional<std::string> argument_problem(const Tool& tool, const Json& given) {
  for (const auto& [name, value] : given.items()) {
    const auto known = std::ranges::find(tool.arguments, name, &Argument::name);
    if (known == tool.arguments.end())
      return fmt::format("{} takes no argument {}", tool.name, name);
    if (!value.is_string()) return fmt::format("{} must be a text", name);
  }
  for (const auto& argument : tool.arguments) {
    if (argument.is_needed && !given.contains(argument.name))
      return fmt::format("{} needs {}: {}", tool.name, argument.name, argument.description);
  }
  return std::nullopt;
}

}  // namespace

Json mcp_tools() {
  Json all = Json::array();
  for (const auto& tool : tools()) {
    Json properties = Json::object();
    Json needed = Json::array();
    for (const auto& argument : tool.arguments) {
      properties[std::string{argument.name}] = {{"type", "string"},
                                                {"description", argument.description}};
      if (argument.is_needed) needed.push_back(argument.name);
    }
    all.push_back({{"name", tool.name},
                   {"description", tool.description},
                   {"inputSchema",
                    {{"type", "object"},
                     {"properties", std::move(properties)},
                     {"required", std::move(needed)},
                     {"additionalProperties", false}}},
                   {"annotations", {{"readOnlyHint", true}, {"openWorldHint", false}}}});
  }
  return all;
}

std::expected<Json, std::string> call_mcp_tool(Source& source, std::string_view name,
                                               const Json& given, Time now) {
  const auto tool = std::ranges::find(tools(), name, &Tool::name);
  if (tool == tools().end()) return std::unexpected(fmt::format("there is no tool {}", name));
  if (const auto problem = argument_problem(*tool, given)) return std::unexpected(*problem);
  auto rows = tool->call(source, Arguments{given, now});
  if (!rows) return std::unexpected(rows.error());
  const bool is_truncated = rows->size() > kMcpRowsMax;
  if (is_truncated) rows->resize(kMcpRowsMax);
  return Json{{"at", to_rfc3339(now)}, {"rows", *rows}, {"truncated", is_truncated}};
}

}  // namespace modelvane
