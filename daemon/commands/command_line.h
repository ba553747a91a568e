// The words and flags of all commands. Flags are dotted as in Prometheus' own servers.
#pragma once

#include <functional>

#include "daemon/commands/commands.h"
#include "daemon/commands/places.h"

namespace CLI {
class App;
}

namespace modelvane {

// Its exit code.
using Command = std::function<int()>;

// What the flags say is written here; before that it holds what they are without being typed.
struct CommandOptions {
  explicit CommandOptions(const Places& places);

  ServeOptions serve;
  CheckConfigOptions check_config;
  StoreOptions store;
  ProvidersOptions providers;
  ProbeOptions probe;
  HistoryOptions history;
  DiffOptions diff;
  AliasesOptions aliases;
  StatusOptions status;
  McpOptions mcp;
  DeliveriesOptions deliveries;
  DrillOptions drill;
  PollOptions poll;
  RenderOptions render;
  PinOptions pin;
  SimulateOptions simulate;
  DemoOptions demo;
};

// When the app has parsed, `chosen` is what to run. Both borrow `chosen` and `options`.
void add_commands(CLI::App& app, Command& chosen, CommandOptions& options);

}  // namespace modelvane
