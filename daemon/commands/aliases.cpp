// What the aliases point to now, as the daemon last knew it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

std::string target_text(const AliasNow& now) {
  if (now.status != AliasStatus::Resolved) return std::string{label(now.status)};
  return cell(now.target) + (now.unstable ? " (unstable)" : "");
}

Json to_json(const std::string& endpoint, const std::string& alias, const AliasNow& now) {
  const bool is_resolved = now.status == AliasStatus::Resolved;
  return {{"endpoint", endpoint},
          {"alias", alias},
          {"status", label(now.status)},
          {"target", is_resolved ? Json(now.target) : Json(nullptr)},
          {"since", now.since == Time{} ? Json(nullptr) : Json(to_rfc3339(now.since))},
          {"unstable", now.unstable},
          {"changes", now.changes}};
}

}  // namespace

int show_aliases(const AliasesOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto aliases = (*source)->aliases();
  if (!aliases) return fail(kFailed, aliases.error());
  std::vector<TableRow> table{{"ALIAS", "POINTS TO", "SINCE", "MOVES"}};
  Json json = Json::array();
  for (const auto& [key, now] : *aliases) {
    const auto& [endpoint, alias] = key;
    if (!options.endpoint.empty() && endpoint != options.endpoint) continue;
    if (!options.alias.empty() && alias != options.alias) continue;
    table.push_back({cell(endpoint + "/" + alias), target_text(now),
                     now.since == Time{} ? "?" : to_rfc3339(now.since),
                     std::to_string(now.changes)});
    json.push_back(to_json(endpoint, alias, now));
  }
  if (options.output == "json") {
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (table.size() == 1) {
    fmt::print("no such alias is known\n");
  } else {
    print_table(table);
  }
  return 0;
}

}  // namespace modelvane
