#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/read_catalog.h"
#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/probe_targets.h"
#include "daemon/config/load_config.h"
#include "daemon/config/recognise.h"
#include "daemon/config/spelling.h"
#include "daemon/detect/advance.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/poll_run.h"
#include "daemon/text/visible.h"
#include "daemon/transport/curl_transport.h"
#include "daemon/transport/oauth2_transport.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

struct Probed {
  const EndpointConfig* endpoint = nullptr;
  PollResult result;
  std::string first_page;
  // Of a list that goes on, while nothing says how: what its first page says, to be shown.
  std::optional<Catalog> part{};
  const Catalog* catalog() const { return result.catalog ? result.catalog->get() : nullptr; }
  const Catalog* shown() const { return part ? &*part : catalog(); }
};

// For people who only have a URL: what to write into the configuration.
void print_yaml(const std::string& url, const std::string& provider) {
  const auto* preset = find_provider(provider.empty() ? "openai-compatible" : provider);
  fmt::print("\n{} reads this list ({}). To watch it:\n\n{}", preset->name, preset->title,
             endpoint_yaml(*preset, url));
}

std::optional<Catalog> first_page_of(const EndpointConfig& endpoint, const PollResult& result,
                                     const std::string& body) {
  const bool is_partial = !result.catalog && result.catalog.error().reason == Reason::Partial;
  if (!is_partial || result.requests != 1) return std::nullopt;
  CatalogReader reader{*endpoint.reading, Extent::Start};
  if (!reader.add_page(body)) return std::nullopt;
  auto catalog = reader.take();
  return catalog ? std::optional{std::move(*catalog)} : std::nullopt;
}

HttpResult fetch(Transport& transport, HttpRequest request) {
  transport.start(1, std::move(request));
  std::vector<Completion> completed;
  while (completed.empty()) transport.wait(std::chrono::seconds{1}, completed);
  return std::move(completed.front().result);
}

// The daemon's own poll, with nothing known before.
Probed probe_one(const EndpointConfig& endpoint, const EgressRules& egress, bool may_echo) {
  CurlTransport network{CurlTransportOptions{}};
  OAuth2Transport transport{network};
  transport.set_egress(egress);
  const SystemClock clock;
  PollMemory memory;
  PollRun run{endpoint, memory, QuestionScope{.may_echo = may_echo}, clock.steady()};
  std::string body;
  while (auto request = run.next(clock.wall(), clock.steady())) {
    const auto result = fetch(transport, std::move(*request));
    if (body.empty() && result) body = result->body;
    run.take(result, clock.wall());
  }
  Probed probed{.endpoint = &endpoint, .result = run.finish(), .first_page = std::move(body)};
  probed.part = first_page_of(endpoint, probed.result, probed.first_page);
  return probed;
}

// A host that no preset knows: the list itself shows whose it is like.
bool recognise(EndpointConfig& endpoint, const Probed& probed) {
  if (!endpoint.provider.empty()) return false;
  const auto* preset = provider_of_list(probed.first_page).preset;
  if (preset == nullptr) return false;
  endpoint.provider = preset->name;
  endpoint.reading = reading_of(*preset, endpoint.url);
  return true;
}

std::optional<PinState> pin_of(const Probed& probed, const std::string& alias,
                               const std::string& target) {
  return pin_state(Watched{.pins = probed.endpoint->pins}, alias, target);
}

// Pinned aliases of which the list says nothing are broken pins as well.
std::vector<std::string> broken_pins(const Probed& probed) {
  std::vector<std::string> broken;
  for (const auto& [alias, approved] : probed.endpoint->pins) {
    const AliasRow* row = probed.shown() ? probed.shown()->find_alias(alias) : nullptr;
    if (!row || !pin_of(probed, alias, row->target)->ok) broken.push_back(alias);
  }
  return broken;
}

bool is_fine(const Probed& probed) {
  return probed.catalog() && broken_pins(probed).empty();
}

// Aliases whose target the provider keeps to itself, or that could not be asked about.
struct Unresolved {
  std::string alias;
  std::string_view state;
};

std::vector<Unresolved> unresolved(const Catalog& catalog) {
  std::vector<Unresolved> all;
  for (const auto& id : catalog.undisclosed) all.push_back({id, "undisclosed"});
  for (const auto& id : catalog.unasked) all.push_back({id, "unasked"});
  return all;
}

// Values are JSON texts; a value that is missing is null.
Json hints_json(const Probed& probed) {
  Json hints = Json::object();
  for (const auto& row : probed.shown()->hints) {
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      hints[row.id][probed.endpoint->reading->hints[i]] =
          row.values[i].empty() ? Json(nullptr) : Json::parse(row.values[i]);
    }
  }
  return hints;
}

Json retirements_json(const Catalog& catalog) {
  Json retirements = Json::array();
  for (const auto& row : catalog.lifecycles) {
    retirements.push_back(
        {{"model", row.id},
         {"at", row.retires_at ? Json(to_rfc3339(*row.retires_at)) : Json(nullptr)},
         {"replacement", row.replacement.empty() ? Json(nullptr) : Json(row.replacement)}});
  }
  return retirements;
}

// A number in a pointer takes whatever stands at that place of an array. Many arrays are sets,
// whose order may be another one tomorrow.
std::optional<std::string> place_problem(const std::string& what, std::string_view pointer) {
  for (const auto& step : steps_of(pointer)) {
    const bool is_number = step.kind == PathStep::Kind::Member && !step.name.empty() &&
                           step.name.find_first_not_of("0123456789") == std::string::npos;
    if (is_number)
      return fmt::format(
          "{} takes what stands at place {} of an array: where the order means nothing, write * "
          "(all of them) or [key=value]",
          what, step.name);
  }
  return std::nullopt;
}

// What the user wrote, and the list alone does not show to be wrong.
std::vector<std::string> place_problems(const Reading& reading) {
  std::vector<std::string> problems;
  const auto look_at = [&](const std::string& what, const std::vector<std::string>& pointers) {
    for (const auto& pointer : pointers) {
      if (auto problem = place_problem(fmt::format("{} {}", what, pointer), pointer))
        problems.push_back(std::move(*problem));
    }
  };
  for (const auto& rule : reading.own.rules ? reading.rules : std::vector<AliasRule>{}) {
    if (rule.kind != Rule::Field) continue;
    look_at("field", {rule.pointer});
    look_at("join", rule.join);
  }
  if (!reading.own.lifecycle) return problems;
  look_at("lifecycle", reading.lifecycle.retires_at);
  look_at("lifecycle", reading.lifecycle.deprecated);
  return problems;
}

std::vector<std::string> warnings_of(const Probed& probed) {
  std::vector<std::string> warnings;
  for (const auto& note : probed.shown()->notes) warnings.push_back(note.sentence);
  for (auto& problem : place_problems(*probed.endpoint->reading))
    warnings.push_back(std::move(problem));
  return warnings;
}

Json to_json(const Probed& probed) {
  const auto& phases = probed.result.phases;
  Json json{{"endpoint", probed.endpoint->name},
            {"ok", is_fine(probed)},
            {"status", probed.result.status},
            {"body_bytes", probed.result.body_bytes},
            {"seconds", to_seconds(probed.result.total)},
            {"phases",
             {{"resolve", to_seconds(phases.resolve)},
              {"connect", to_seconds(phases.connect)},
              {"tls", to_seconds(phases.tls)},
              {"processing", to_seconds(phases.processing)},
              {"transfer", to_seconds(phases.transfer)}}}};
  if (!probed.catalog()) {
    json["reason"] = label(probed.result.catalog.error().reason);
    json["error"] = probed.result.catalog.error().sentence;
    if (!probed.shown()) return json;
  }
  json["models"] = probed.shown()->ids.all();
  json["aliases"] = Json::array();
  for (const auto& row : probed.shown()->aliases) {
    Json alias{
        {"alias", row.id}, {"target", row.target}, {"rule", label(row.rule)}, {"pin", nullptr}};
    if (const auto pin = pin_of(probed, row.id, row.target))
      alias["pin"] = pin->ok ? "ok" : "broken";
    json["aliases"].push_back(std::move(alias));
  }
  for (const auto& [alias, state] : unresolved(*probed.shown())) {
    json["aliases"].push_back({{"alias", alias}, {"target", nullptr}, {"state", state}});
  }
  json["hints"] = hints_json(probed);
  json["retirements"] = retirements_json(*probed.shown());
  json["broken_pins"] = broken_pins(probed);
  json["warnings"] = warnings_of(probed);
  return json;
}

void print_retirements(const Catalog& catalog) {
  for (const auto& row : catalog.lifecycles) {
    fmt::print("  {}  {}{}\n", visible(row.id),
               row.retires_at ? "ends " + to_rfc3339(*row.retires_at) : "is deprecated",
               row.replacement.empty() ? "" : ", replacement " + visible(row.replacement));
  }
}

void print_hints(const Probed& probed) {
  for (const auto& row : probed.shown()->hints) {
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      if (row.values[i].empty()) continue;
      fmt::print("  {}  {} = {}\n", visible(row.id), probed.endpoint->reading->hints[i],
                 visible(row.values[i]));
    }
  }
}

std::string meant_by(const Catalog& catalog, const std::string& alias) {
  if (catalog.has(alias)) return "";
  auto names = catalog.ids.all();
  for (const auto& row : catalog.aliases) names.push_back(row.id);
  return did_you_mean(alias, std::vector<std::string_view>{names.begin(), names.end()});
}

void print_probed(const Probed& probed) {
  const auto millis = [](Duration span) { return to_seconds(span) * 1e3; };
  const auto& phases = probed.result.phases;
  fmt::print(
      "{}  status {}  {:.1f} ms  (resolve {:.1f}, connect {:.1f}, tls {:.1f}, processing {:.1f}, "
      "transfer {:.1f})\n",
      probed.endpoint->name, probed.result.status == 0 ? "-" : std::to_string(probed.result.status),
      millis(probed.result.total), millis(phases.resolve), millis(phases.connect),
      millis(phases.tls), millis(phases.processing), millis(phases.transfer));
  if (!probed.catalog()) {
    fmt::print("  FAILED  {}: {}\n", label(probed.result.catalog.error().reason),
               probed.result.catalog.error().sentence);
    if (!probed.shown()) return;
    fmt::print("  its first page says:\n");
  }
  fmt::print("  {} models, {} bytes, {} aliases\n", probed.shown()->ids.size(),
             probed.result.body_bytes, probed.shown()->aliases.size());
  std::size_t width = 0;
  for (const auto& row : probed.shown()->aliases) width = std::max(width, visible(row.id).size());
  for (const auto& row : probed.shown()->aliases) {
    const auto pin = pin_of(probed, row.id, row.target);
    fmt::print("  {:<{}}  ->  {}  ({}){}\n", visible(row.id), width, visible(row.target),
               label(row.rule),
               !pin      ? ""
               : pin->ok ? "  pin ok"
                         : "  PIN BROKEN");
  }
  for (const auto& [alias, state] : unresolved(*probed.shown())) {
    fmt::print("  {:<{}}  ->  ?  ({})\n", visible(alias), width, state);
  }
  print_hints(probed);
  print_retirements(*probed.shown());
  for (const auto& warning : warnings_of(probed)) fmt::print("  warning: {}\n", visible(warning));
  for (const auto& alias : broken_pins(probed)) {
    if (!probed.shown()->find_alias(alias))
      fmt::print("  {}  PIN BROKEN: nobody says what it points to{}\n", visible(alias),
                 meant_by(*probed.shown(), alias));
  }
}

}  // namespace

int probe(const ProbeOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  auto selection = probe_targets(options);
  if (!selection) {
    fmt::print(stderr, "{}\n", selection.error());
    return 2;
  }
  bool all_fine = true;
  Json json = Json::array();
  for (auto& endpoint : selection->endpoints) {
    const bool is_bare = std::ranges::find(options.targets, endpoint.url) != options.targets.end();
    Probed probed = probe_one(endpoint, selection->egress, options.echo);
    if (is_bare && recognise(endpoint, probed))
      probed = probe_one(endpoint, selection->egress, options.echo);
    all_fine = all_fine && is_fine(probed);
    if (options.output == "json") {
      json.push_back(to_json(probed));
    } else {
      print_probed(probed);
      // Nothing is known of a list that was not seen, but for one that wants a key first.
      const bool is_seen =
          probed.result.catalog || probed.result.catalog.error().reason == Reason::Auth;
      if (is_bare && is_seen) print_yaml(endpoint.url, endpoint.provider);
    }
  }
  if (options.output == "json")
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return all_fine ? 0 : 1;
}

}  // namespace modelvane
