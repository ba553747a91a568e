// Pins: what an alias may point to. The config's pins and those that were approved here are one
// set; here only the latter change.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"
#include "daemon/config/load_config.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

struct Pin {
  std::set<std::string> in_config;
  std::set<std::string> approved;
  std::string target;  // "" = not known at present

  std::string_view state() const {
    std::vector<std::string> all(in_config.begin(), in_config.end());
    all.insert(all.end(), approved.begin(), approved.end());
    return pin_word(all, target);
  }
};
// By endpoint and alias.
using Pins = std::map<std::pair<std::string, std::string>, Pin>;

// `config` may be null: an API tells of its pins itself.
std::expected<Pins, std::string> read_pins(Source& source, const Config* config) {
  Pins pins;
  for (const auto& endpoint : config == nullptr ? Endpoints{} : config->endpoints) {
    for (const auto& [alias, targets] : endpoint->pins) {
      pins[{endpoint->name, alias}].in_config.insert(targets.begin(), targets.end());
    }
  }
  const auto approved = source.pins();
  if (!approved) return std::unexpected(approved.error());
  for (const auto& [key, pin] : *approved)
    pins[key].approved.insert(pin.targets.begin(), pin.targets.end());
  const auto aliases = source.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  for (const auto& [key, now] : *aliases) {
    const auto pin = pins.find(key);
    if (pin != pins.end() && now.status == AliasStatus::Resolved) pin->second.target = now.target;
  }
  return pins;
}

void print_json(const Pins& pins) {
  Json all = Json::array();
  for (const auto& [key, pin] : pins) {
    all.push_back({{"endpoint", key.first},
                   {"alias", key.second},
                   {"config", pin.in_config},
                   {"approved", pin.approved},
                   {"target", pin.target.empty() ? Json(nullptr) : Json(pin.target)},
                   {"state", pin.state()}});
  }
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_pins(const Pins& pins) {
  std::vector<TableRow> table{
      {"ENDPOINT", "ALIAS", "POINTS TO", "STATE", "IN CONFIG", "APPROVED HERE"}};
  for (const auto& [key, pin] : pins) {
    table.push_back({cell(key.first), cell(key.second), pin.target.empty() ? "?" : cell(pin.target),
                     std::string{pin.state()},
                     cell(fmt::format("{}", fmt::join(pin.in_config, ", "))),
                     cell(fmt::format("{}", fmt::join(pin.approved, ", ")))});
  }
  print_table(table);
}

int change(const PinOptions& options, OperatorAction action) {
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  return ask_and_print(**source, {.action = action,
                                  .endpoint = options.endpoint,
                                  .alias = options.alias,
                                  .targets = options.targets});
}

}  // namespace

int pin_list(const PinOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  std::optional<Config> config;
  if (options.place.url.empty()) {
    auto loaded = load_config_and_targets(options.config_file, Surroundings::Ignored);
    if (!loaded) {
      for (const auto& error : loaded.error()) fmt::print(stderr, "{}\n", to_text(error));
      return kUsageError;
    }
    config = std::move(*loaded);
  }
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  const auto pins = read_pins(**source, config ? &*config : nullptr);
  if (!pins) return fail(kFailed, pins.error());
  if (options.output == "json") {
    print_json(*pins);
  } else if (pins->empty()) {
    fmt::print(
        "no alias is pinned; `modelvane pin accept ENDPOINT ALIAS` approves what one points to "
        "now\n");
  } else {
    print_pins(*pins);
  }
  return 0;
}

int pin_accept(const PinOptions& options) {
  return change(options, OperatorAction::AcceptPin);
}

int pin_set(const PinOptions& options) {
  return change(options, OperatorAction::SetPin);
}

int pin_remove(const PinOptions& options) {
  return change(options, OperatorAction::RemovePin);
}

}  // namespace modelvane
