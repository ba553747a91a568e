#include "daemon/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "daemon/commands/usage.h"

namespace modelvane {
namespace {

// What flags and files in the working folder do not say.
constexpr const char* kConfigVariable = "MODELVANE_CONFIG_FILE";
constexpr const char* kStorageVariable = "MODELVANE_STORAGE_PATH";
constexpr const char* kUrlVariable = "MODELVANE_URL";

void add_serve(CLI::App& app, Command& chosen, ServeOptions& options) {
  auto* command = app.add_subcommand(
      "serve",
      "Run the daemon: poll the endpoints of the config, detect changes, notify, show metrics");
  command
      ->add_option("--config.file", options.config_file,
                   "Configuration file (see docs/CONFIGURATION.md)")
      ->envname(kConfigVariable)
      ->capture_default_str();
  const auto* storage = command
                            ->add_option("--storage.path", options.storage_path,
                                         "Folder of the database; made when missing")
                            ->envname(kStorageVariable)
                            ->capture_default_str();
  command
      ->add_option("--web.listen-address", options.listen_addresses,
                   "host:port or :port of pages, API and metrics; repeatable [:10178]")
      ->allow_extra_args(false);
  command->add_flag("--web.systemd-socket", options.systemd_socket,
                    "Listen on the sockets of modelvane.socket instead");
  command
      ->add_option("--config.auto-reload-interval", options.auto_reload,
                   "Look at the configuration's files this often, and reload them when they have "
                   "changed; 0 = never")
      ->capture_default_str();
  command->add_option(
      "--web.config.file", options.web_config_file,
      "TLS, passwords and headers of pages and API (see docs/WEB-CONFIGURATION.md)");
  command->add_option("--web.external-url", options.external_url,
                      "URL under which people reach the page; its path comes before all paths");
  command
      ->add_option("--web.allowed-host", options.allowed_hosts,
                   "Further name that POST may call this server by, while there are no "
                   "passwords; repeatable")
      ->allow_extra_args(false);
  command->add_option(
      "--web.route-prefix", options.route_prefix,
      "Path before all paths [that of the external URL]; / when a proxy cuts it off");
  command->add_option("--log.level", options.log.level, "debug, info, warn or error")
      ->capture_default_str();
  command->add_option("--log.format", options.log.format, "logfmt or json")->capture_default_str();
  command->footer(
      "SIGHUP or POST /-/reload applies a changed config as a whole or not at all. SIGTERM drains "
      "and ends within 10 s.");
  command->callback([&, storage] {
    // What the environment says is a default: it does not stand against the file.
    options.has_storage_flag = storage->count() > 0 && std::getenv(kStorageVariable) == nullptr;
    chosen = [&] { return serve(options); };
  });
}

CLI::App* add_store_action(CLI::App& store, const char* name, const char* text,
                           StoreOptions& options, Command& chosen,
                           int (*run)(const StoreOptions&)) {
  auto* action = store.add_subcommand(name, text);
  action->add_option("--config.file", options.config_file, "Configuration file")
      ->envname(kConfigVariable)
      ->capture_default_str();
  action->callback([&chosen, &options, run] { chosen = [&options, run] { return run(options); }; });
  return action;
}

void add_store(CLI::App& app, Command& chosen, StoreOptions& options) {
  auto* command = app.add_subcommand(
      "store", "The database that several daemons share (storage.postgres): make it, look at it");
  command->require_subcommand(1);
  auto* migrate =
      add_store_action(*command, "migrate", "Make the schema, or bring it up to date, as its owner",
                       options, chosen, store_migrate);
  migrate
      ->add_option("--shards", options.shards,
                   "Of a schema that is made: into how many parts endpoints and webhooks are "
                   "divided, for ever")
      ->capture_default_str()
      ->check(problem_of_count);
  migrate->add_option("--role", options.role,
                      "Grant this role of the database what a daemon needs, and no more");
  migrate->footer("Example: modelvane store migrate --config.file modelvane.yml --role modelvane");
  auto* status = add_store_action(*command, "status", "Replicas, their leases and shards", options,
                                  chosen, store_status);
  status->add_option("--output", options.output, "table or json")->capture_default_str();
  status->footer("Exit code 1 when a shard has had no owner for two leases, or none can be had.");
  auto* release = add_store_action(*command, "release",
                                   "End the session of a replica: its shards are others' at once",
                                   options, chosen, store_release);
  release->add_option("REPLICA", options.replica, "Its name")->required();
  auto* copy = add_store_action(*command, "copy", "All of one store into another that is empty",
                                options, chosen, store_copy);
  copy->add_option("FROM", options.from,
                   "A storage folder, or `postgres`: storage.postgres of the configuration")
      ->required();
  copy->add_option("TO", options.to, "The same")->required();
  copy->footer(
      "Numbers, ids and bytes of events stay. No daemon may work on either.\nExample: modelvane "
      "store copy /var/lib/modelvane postgres");
  command->footer("docs/CLUSTER.md tells how to run several daemons.");
}

void add_check_config(CLI::App& app, Command& chosen, CheckConfigOptions& options) {
  auto* command = app.add_subcommand(
      "check-config", "Check a config file: all errors at once, each with line and column");
  command->add_option("FILE,--config.file", options.config_file, "The configuration file")
      ->envname(kConfigVariable)
      ->capture_default_str();
  command->add_option("--web.config.file", options.web_config_file,
                      "Check this one, too, and the certificates that it names");
  command->add_flag("--syntax-only", options.syntax_only,
                    "Without environment variables and the files that it names: for pull requests");
  command->footer(
      "Exit code 0: fine, 2: errors (on standard error).\nExample: modelvane check-config "
      "/etc/modelvane/modelvane.yml");
  command->callback([&] { chosen = [&] { return check_config(options); }; });
}

void add_providers(CLI::App& app, Command& chosen, ProvidersOptions& options) {
  auto* command = app.add_subcommand(
      "providers", "The providers whose lists modelvane reads by name, and what each tells");
  command->add_option("--match", options.match_file,
                      "a saved models list: which provider's is it, and what does it tell?");
  command->add_option("NAME", options.name, "Show this one in full, in the config's own words");
  command
      ->add_option("--output", options.output,
                   "table, json or markdown (the page docs/providers.md)")
      ->capture_default_str();
  command->footer("Example: modelvane providers mistral");
  command->callback([&] { chosen = [&] { return show_providers(options); }; });
}

void add_probe(CLI::App& app, Command& chosen, ProbeOptions& options) {
  auto* command = app.add_subcommand(
      "probe", "Poll once now: latency by phase, models, aliases and their targets, pins");
  command->add_option("TARGET", options.targets,
                      "Endpoint names of the config, providers, or URLs; none = all endpoints");
  command->add_option("--config.file", options.config_file, "Configuration file")
      ->envname(kConfigVariable)
      ->capture_default_str();
  command->add_flag("--echo", options.echo, "Ask the questions that cost money (echo rules), too");
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer(
      "Exit code 1 when a poll failed or a pin is broken: usable as a gate in CI.\nExample: "
      "modelvane probe internlm --output "
      "json");
  command->callback([&] { chosen = [&] { return probe(options); }; });
}

void add_url(CLI::App& command, std::string& url, std::string& client_config) {
  command.add_option("--url", url, "A running daemon's page, such as http://host:10178")
      ->envname(kUrlVariable);
  command
      .add_option("--web.client-config", client_config,
                  "Credentials and CA for --url (see docs/WEB-CONFIGURATION.md)")
      ->option_text("FILE");
}

void add_place(CLI::App& command, DaemonPlace& place) {
  command
      .add_option("--storage.path", place.storage_path, "Folder of the database; --url beats it")
      ->envname(kStorageVariable)
      ->capture_default_str();
  add_url(command, place.url, place.client_config);
}

void add_history(CLI::App& app, Command& chosen, HistoryOptions& options) {
  auto* command =
      app.add_subcommand("history", "What happened, newest first; also while the daemon runs");
  add_place(*command, options.place);
  command->add_option("--endpoint", options.endpoint, "Only this endpoint");
  command->add_option("--alias", options.alias, "Only this alias");
  command
      ->add_option("--type", options.types, "Only these types; globs such as alias.*; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--since", options.since,
                   "From this time on: 2026-11-22, 2026-11-22T10:00:00Z, or 24h (ago)")
      ->option_text("TIME");
  command->add_option("--until", options.until, "Before this time")->option_text("TIME");
  command->add_option("--at", options.at, "What did each alias point to at this time?")
      ->option_text("TIME");
  command->add_option("--limit", options.limit, "At most so many events")
      ->capture_default_str()
      ->check(problem_of_count);
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer(
      "Example: modelvane history --alias internlm3-latest --since 30d\n         modelvane history "
      "--at 2026-11-03");
  command->callback([&] { chosen = [&] { return history(options); }; });
}

void add_diff(CLI::App& app, Command& chosen, DiffOptions& options) {
  auto* command = app.add_subcommand("diff", "What the aliases pointed to at two times");
  add_place(*command, options.place);
  command->add_option("--from", options.from, "A time, a date, or how long ago, such as 7d")
      ->option_text("TIME")
      ->required();
  command->add_option("--to", options.to, "The same; none = now")->option_text("TIME");
  command->add_option("--endpoint", options.endpoint, "Only this endpoint");
  command->add_option("--alias", options.alias, "Only this alias");
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer("Example: modelvane diff --from 2026-11-01 --to 2026-11-08");
  command->callback([&] { chosen = [&] { return diff(options); }; });
}

void add_aliases(CLI::App& app, Command& chosen, AliasesOptions& options) {
  auto* command = app.add_subcommand("aliases", "What each alias points to now, and since when");
  add_place(*command, options.place);
  command->add_option("--endpoint", options.endpoint, "Only this endpoint");
  command->add_option("--alias", options.alias, "Only this alias");
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->callback([&] { chosen = [&] { return show_aliases(options); }; });
}

void add_status(CLI::App& app, Command& chosen, StatusOptions& options) {
  auto* command =
      app.add_subcommand("status", "How a running daemon, its endpoints and webhooks do");
  add_url(*command, options.url, options.client_config);
  command->add_option("--output", options.output, "table or json")->capture_default_str();
  command->footer(
      "Exit code 1 when nobody answers, the store does not work, or the last reload failed.\n"
      "Without --url it asks http://localhost:10178.");
  command->callback([&] { chosen = [&] { return show_status(options); }; });
}

void add_mcp(CLI::App& app, Command& chosen, McpOptions& options) {
  auto* command = app.add_subcommand(
      "mcp", "A Model Context Protocol server on standard input and output, read-only");
  add_place(*command, options.place);
  command->footer(
      "For agents: aliases, their history, what changed since, endpoints, events, retirements, "
      "pins.\nExample: claude mcp add modelvane -- modelvane mcp --url http://localhost:10178");
  command->callback([&] { chosen = [&] { return mcp(options); }; });
}

CLI::App* add_deliveries_action(CLI::App& deliveries, const char* name, const char* text,
                                DeliveriesOptions& options, Command& chosen,
                                int (*run)(const DeliveriesOptions&)) {
  auto* action = deliveries.add_subcommand(name, text);
  add_place(*action, options.place);
  action->add_option("--webhook", options.webhook, "Only deliveries to this webhook");
  action->callback([&chosen, &options, run] { chosen = [&options, run] { return run(options); }; });
  return action;
}

void add_deliveries(CLI::App& app, Command& chosen, DeliveriesOptions& options) {
  auto* command = app.add_subcommand(
      "deliveries", "Events on their way to webhooks: what waits, what was given up; send again");
  command->require_subcommand(1);
  auto* list =
      add_deliveries_action(*command, "list", "Newest first", options, chosen, deliveries_list);
  list->add_option("--state", options.state, "Only these: pending, delivered or dead");
  list->add_option("--limit", options.limit, "At most so many")
      ->capture_default_str()
      ->check(problem_of_count);
  list->add_option("--output", options.output, "table or json")->capture_default_str();
  list->footer("Example: modelvane deliveries list --state dead --webhook oncall");
  auto* show =
      add_deliveries_action(*command, "show", "One event as it is sent, and where it got to",
                            options, chosen, deliveries_show);
  show->add_option("ID", options.id, "Sequence number or beginning of the id of an event")
      ->required();
  show->add_option("--output", options.output, "table or json")->capture_default_str();
  auto* retry = add_deliveries_action(
      *command, "retry", "Send again now: dead letters, waiting and delivered ones; the id stays",
      options, chosen, deliveries_retry);
  retry->add_option("ID", options.id, "Sequence number or beginning of the id of an event");
  retry->footer(
      "Without ID: everything of --webhook that is dead or waits. Switches a webhook on again that "
      "was switched off because it\n"
      "wanted no more events.\nExample: modelvane deliveries retry --webhook oncall");
  auto* drop = add_deliveries_action(*command, "drop",
                                     "Give up: not sent any more, and no dead letter either",
                                     options, chosen, deliveries_drop);
  drop->add_option("ID", options.id, "Sequence number or beginning of the id of an event");
  drop->footer(
      "Without ID: everything of --webhook that is dead or waits. The events stay in the history.");
  command->footer(
      "All of them work while the daemon runs; without it, retry and drop are done at its next "
      "start.");
}

void add_drill(CLI::App& app, Command& chosen, DrillOptions& options) {
  auto* command = app.add_subcommand(
      "drill",
      "Send a marked test event through the running daemon and tell what each webhook says");
  add_place(*command, options.place);
  command
      ->add_option("--webhook", options.webhooks,
                   "To these webhooks, whatever events they want; repeatable [all]")
      ->allow_extra_args(false);
  command->add_option("--type", options.type, "What it plays: an event type such as alias.moved")
      ->capture_default_str();
  command->add_option("--timeout", options.timeout, "How long to wait for verdicts")
      ->capture_default_str();
  command->footer(
      "The event is real for store, queue, rendering and signature; data.drill is true and "
      "receivers see it marked as a drill.\n"
      "Exit code 1 when a webhook did not accept it.\nExample: modelvane drill --webhook oncall "
      "--type alias.moved");
  command->callback([&] { chosen = [&] { return drill(options); }; });
}

void add_poll(CLI::App& app, Command& chosen, PollOptions& options) {
  auto* command = app.add_subcommand("poll", "Ask the running daemon to poll now");
  add_place(*command, options.place);
  command->add_option("ENDPOINT", options.endpoints, "Names of endpoints [all]");
  command->footer(
      "Ends every pause, also one that the provider asked for. At most one poll in an endpoint's "
      "`recheck`.\nExample: modelvane poll internlm");
  command->callback([&] { chosen = [&] { return poll(options); }; });
}

void add_render(CLI::App& app, Command& chosen, RenderOptions& options) {
  auto* command = app.add_subcommand(
      "render", "Print what a webhook would be sent for an event, secrets masked, without sending");
  command->add_option("WEBHOOK", options.webhook, "Name of a webhook of the config")->required();
  command
      ->add_option("EVENT", options.event,
                   "An event type (a sample), or number or id of a stored event")
      ->required();
  command->add_option("--config.file", options.config_file, "Configuration file")
      ->envname(kConfigVariable)
      ->capture_default_str();
  add_place(*command, options.place);
  command->add_option("--web.external-url", options.external_url,
                      "As for serve: for the links in messages");
  command->footer("Example: modelvane render oncall alias.moved");
  command->callback([&] { chosen = [&] { return render(options); }; });
}

CLI::App* add_pin_action(CLI::App& pin, const char* name, const char* text, PinOptions& options,
                         Command& chosen, int (*run)(const PinOptions&)) {
  auto* action = pin.add_subcommand(name, text);
  add_place(*action, options.place);
  action->callback([&chosen, &options, run] { chosen = [&options, run] { return run(options); }; });
  return action;
}

void add_pin(CLI::App& app, Command& chosen, PinOptions& options) {
  auto* command = app.add_subcommand(
      "pin", "What aliases may point to: approve a target, while the daemon runs");
  command->require_subcommand(1);
  auto* list = add_pin_action(
      *command, "list", "All pins, of the config and approved here, and whether they are kept",
      options, chosen, pin_list);
  list->add_option("--config.file", options.config_file, "Configuration file")
      ->envname(kConfigVariable)
      ->capture_default_str();
  list->add_option("--output", options.output, "table or json")->capture_default_str();
  auto* accept = add_pin_action(*command, "accept", "Approve what the alias points to now", options,
                                chosen, pin_accept);
  auto* set = add_pin_action(*command, "set", "Approve exactly these targets here", options, chosen,
                             pin_set);
  auto* remove = add_pin_action(*command, "remove", "Take back what was approved here", options,
                                chosen, pin_remove);
  for (auto* action : {accept, set, remove}) {
    action->add_option("ENDPOINT", options.endpoint, "Name of an endpoint")->required();
    action->add_option("ALIAS", options.alias, "An alias of it")->required();
  }
  set->add_option("TARGET", options.targets, "Models that it may point to")->required();
  command->footer(
      "An alias may point to what the config's `pins` name and to what was approved here; "
      "approvals are kept in the store.\n"
      "Example: modelvane pin accept internlm internlm3-latest");
}

void add_simulate(CLI::App& app, Command& chosen, SimulateOptions& options) {
  auto* command = app.add_subcommand(
      "simulate",
      "A models API on loopback that moves aliases by a script: for trying alert wiring");
  command
      ->add_option("--listen-address", options.listen_address,
                   "host:port on loopback; port 0 = any")
      ->capture_default_str();
  command->add_option("--script", options.script, "YAML script; none = the built-in minute");
  command->callback([&] { chosen = [&] { return simulate(options); }; });
}

void add_demo(CLI::App& app, Command& chosen, DemoOptions& options) {
  auto* command = app.add_subcommand(
      "demo",
      "Everything in one terminal: a simulated API, the daemon, and a receiver that prints events");
  command->add_option("--web.listen-address", options.listen_address, "host:port of the page")
      ->capture_default_str();
  command->add_option("--seconds", options.seconds, "End after so many seconds; 0 = at Ctrl-C")
      ->capture_default_str();
  command->callback([&] { chosen = [&] { return demo(options); }; });
}

}  // namespace

CommandOptions::CommandOptions(const Places& places) {
  for (auto* file : {&serve.config_file, &check_config.config_file, &probe.config_file,
                     &render.config_file, &pin.config_file, &store.config_file})
    *file = places.config_file;
  serve.storage_path = places.storage_path;
  for (auto* place : {&history.place, &diff.place, &aliases.place, &mcp.place, &deliveries.place,
                      &drill.place, &poll.place, &render.place, &pin.place})
    place->storage_path = places.storage_path;
}

void add_commands(CLI::App& app, Command& chosen, CommandOptions& options) {
  add_serve(app, chosen, options.serve);
  add_check_config(app, chosen, options.check_config);
  add_store(app, chosen, options.store);
  add_providers(app, chosen, options.providers);
  add_probe(app, chosen, options.probe);
  add_history(app, chosen, options.history);
  add_diff(app, chosen, options.diff);
  add_aliases(app, chosen, options.aliases);
  add_status(app, chosen, options.status);
  add_mcp(app, chosen, options.mcp);
  add_deliveries(app, chosen, options.deliveries);
  add_drill(app, chosen, options.drill);
  add_poll(app, chosen, options.poll);
  add_render(app, chosen, options.render);
  add_pin(app, chosen, options.pin);
  add_simulate(app, chosen, options.simulate);
  add_demo(app, chosen, options.demo);
}

}  // namespace modelvane
