// `modelvane simulate`: a models API on loopback that moves aliases by a script, for trying a
// configuration and alert wiring.

#include <fmt/format.h>

#include <cstdio>

#include "daemon/commands/commands.h"
#include "daemon/commands/process.h"
#include "daemon/simulate/interrupt.h"
#include "daemon/simulate/models_api.h"
#include "daemon/simulate/script_file.h"

namespace modelvane {

namespace {

using simulated::Script;

constexpr int kUsage = 2;
// How long to sleep when the script has nothing more to tell; any signal ends it.
constexpr Duration kIdle = std::chrono::hours{1};

void print_header(const simulated::ModelsApi& api) {
  say(
      fmt::format("A models API that follows a script answers at {}\n"
                  "The key does not matter. To watch it, put this into your modelvane.yml:\n"
                  "\n"
                  "endpoints:\n"
                  "  - name: simulated\n"
                  "    provider: internlm\n"
                  "    url: {}\n"
                  "    authorization: {{credentials: any}}\n"
                  "    interval: 5s\n"
                  "\n"
                  "Ctrl-C ends it.\n\n",
                  api.url(), api.url()));
}

// Sleeps from turn to turn and tells each, until a signal comes.
void tell(const Script& script, const simulated::ModelsApi& api, simulated::Interrupt& interrupt) {
  Duration told{0};
  while (true) {
    const auto next = next_turn(script, told);
    if (interrupt.wait(next ? *next - api.elapsed() : kIdle)) return;
    const Duration now = api.elapsed();
    for (const simulated::Turn& turn : turns_between(script, told, now))
      say(fmt::format("{:>8.1f}s  {}\n", to_seconds(turn.at), turn.says));
    if (std::ferror(stdout) != 0) return;
    told = now;
  }
}

}  // namespace

int simulate(const SimulateOptions& options) {
  Script script = simulated::built_in_script();
  if (!options.script.empty()) {
    auto loaded = simulated::load_script(options.script);
    if (!loaded) {
      for (const std::string& error : loaded.error()) fmt::print(stderr, "{}\n", error);
      return kUsage;
    }
    script = std::move(*loaded);
  }
  simulated::Interrupt interrupt;
  simulated::ModelsApi api({.listen_address = options.listen_address, .script = script});
  if (const auto started = api.start(); !started) {
    fmt::print(stderr, "modelvane simulate: {}\n", started.error());
    return kFailed;
  }
  print_header(api);
  tell(script, api, interrupt);
  api.stop();
  return 0;
}

}  // namespace modelvane
