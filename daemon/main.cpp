// Command line -> command -> exit code. Flags are dotted as in Prometheus' own servers.
#include <CLI/CLI.hpp>
#include <functional>

#include "daemon/commands/commands.h"
#include "version.h"

namespace {

using namespace modelvane;

constexpr int kUsageError = 2;
using Command = std::function<int()>;

void add_serve(CLI::App& app, Command& chosen, ServeOptions& options) {
  auto* command =
      app.add_subcommand("serve", "Run the daemon: poll the endpoints of the config, detect changes, notify, show metrics");
  command->add_option("--config.file", options.config_file, "Configuration file (see docs/CONFIGURATION.md)")
      ->capture_default_str();
  command->add_option("--storage.path", options.storage_path, "Folder of the database; made when missing")->capture_default_str();
  command->add_option("--web.listen-address", options.listen_addresses,
                      "host:port or :port of pages, API and metrics; repeatable [:10178]");
  command->add_option("--web.config.file", options.web_config_file, "TLS and passwords for the pages (not in this version)");
  command->add_option("--web.external-url", options.external_url,
                      "URL under which people reach the page; its path comes before all paths");
  command->add_option("--web.route-prefix", options.route_prefix,
                      "Path before all paths [that of the external URL]; / when a proxy cuts it off");
  command->add_option("--log.level", options.log.level, "debug, info, warn or error")->capture_default_str();
  command->add_option("--log.format", options.log.format, "logfmt or json")->capture_default_str();
  command->footer(
      "SIGHUP or POST /-/reload applies a changed config as a whole or not at all. SIGTERM drains and ends within 10 s.");
  command->callback([&] { chosen = [&] { return serve(options); }; });
}

void add_check_config(CLI::App& app, Command& chosen, std::string& file) {
  auto* command = app.add_subcommand("check-config", "Check a config file: all errors at once, each with line and column");
  command->add_option("FILE", file, "The config file")->required();
  command->footer(
      "Exit code 0: fine, 2: errors (on standard error).\nExample: modelvane check-config /etc/modelvane/modelvane.yml");
  command->callback([&] { chosen = [&] { return check_config(file); }; });
}

void add_probe(CLI::App& app, Command& chosen, ProbeOptions& options) {
  auto* command = app.add_subcommand("probe", "Poll once now: latency by phase, models, aliases and their targets, pins");
  command->add_option("TARGET", options.targets, "Endpoint names of the config, or URLs; none = all endpoints");
  command->add_option("--config.file", options.config_file, "Configuration file")->capture_default_str();
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer(
      "Exit code 1 when a poll failed or a pin is broken: usable as a gate in CI.\nExample: modelvane probe internlm --output "
      "json");
  command->callback([&] { chosen = [&] { return probe(options); }; });
}

void add_history(CLI::App& app, Command& chosen, HistoryOptions& options) {
  auto* command = app.add_subcommand("history", "Events from the store, newest first; also while the daemon runs");
  command->add_option("--storage.path", options.storage_path, "Folder of the database")->capture_default_str();
  command->add_option("--endpoint", options.endpoint, "Only this endpoint");
  command->add_option("--alias", options.alias, "Only this alias");
  command->add_option("--type", options.types, "Only these types; globs such as alias.*; repeatable");
  command->add_option("--since", options.since, "From this time on: 2026-11-22, 2026-11-22T10:00:00Z, or 24h (ago)");
  command->add_option("--until", options.until, "Before this time");
  command->add_option("--at", options.at, "What did each alias point to at this time?");
  command->add_option("--limit", options.limit, "At most so many events")->capture_default_str();
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer("Example: modelvane history --alias internlm3-latest --since 30d\n         modelvane history --at 2026-11-03");
  command->callback([&] { chosen = [&] { return history(options); }; });
}

void add_simulate(CLI::App& app, Command& chosen, SimulateOptions& options) {
  auto* command =
      app.add_subcommand("simulate", "A models API on loopback that moves aliases by a script: for trying alert wiring");
  command->add_option("--listen-address", options.listen_address, "host:port on loopback; port 0 = any")->capture_default_str();
  command->add_option("--script", options.script, "YAML script; none = the built-in minute");
  command->callback([&] { chosen = [&] { return simulate(options); }; });
}

void add_demo(CLI::App& app, Command& chosen, DemoOptions& options) {
  auto* command =
      app.add_subcommand("demo", "Everything in one terminal: a simulated API, the daemon, and a receiver that prints events");
  command->add_option("--web.listen-address", options.listen_address, "host:port of the page")->capture_default_str();
  command->add_option("--seconds", options.seconds, "End after so many seconds; 0 = at Ctrl-C")->capture_default_str();
  command->callback([&] { chosen = [&] { return demo(options); }; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "modelvane: a weather vane for model aliases. It watches what `*-latest` model aliases of LLM APIs point to, tells you "
      "the\n"
      "moment that one moves, and shows latency and availability to Prometheus.\n\n"
      "First steps: modelvane demo (needs nothing), then modelvane probe URL, then modelvane serve --config.file FILE"};
  app.set_version_flag("--version", "modelvane " MODELVANE_VERSION);
  app.require_subcommand(1);
  Command chosen;
  ServeOptions serve_options;
  std::string check_file;
  ProbeOptions probe_options;
  HistoryOptions history_options;
  SimulateOptions simulate_options;
  DemoOptions demo_options;
  add_serve(app, chosen, serve_options);
  add_check_config(app, chosen, check_file);
  add_probe(app, chosen, probe_options);
  add_history(app, chosen, history_options);
  add_simulate(app, chosen, simulate_options);
  add_demo(app, chosen, demo_options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  return chosen();
}
