// The commands of the `modelvane` binary: options in, exit code out (0 fine, 1 the thing failed, 2
// usage or config error). One .cpp each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/source.h"

namespace modelvane {

struct LogOptions {
  std::string level = "info";     // debug, info, warn, error
  std::string format = "logfmt";  // or json
};

struct ServeOptions {
  std::string config_file = "modelvane.yml";
  std::string storage_path = "data";
  bool has_storage_flag = false;              // --storage.path was typed
  std::vector<std::string> listen_addresses;  // empty = :10178
  std::string web_config_file;
  std::string external_url;
  std::optional<std::string> route_prefix;
  std::vector<std::string> allowed_hosts;
  bool systemd_socket = false;     // listen on the sockets that the service manager gives
  std::string auto_reload = "0s";  // how often the configuration's files are looked at
  LogOptions log;
};
int serve(const ServeOptions& options);

// `store` and its actions: the database that several daemons share.
struct StoreOptions {
  std::string config_file = "modelvane.yml";
  std::size_t shards = 64;
  std::string role;  // migrate: gets what a daemon needs
  std::string from;  // copy: folders, or `postgres` for storage.postgres
  std::string to;
  std::string replica;           // release
  std::string output = "table";  // status: or json
};
int store_migrate(const StoreOptions& options);
int store_status(const StoreOptions& options);
int store_release(const StoreOptions& options);
int store_copy(const StoreOptions& options);

struct CheckConfigOptions {
  std::string config_file;
  bool syntax_only = false;  // without secrets, and without looking at the files that it names
  std::string web_config_file;
};
int check_config(const CheckConfigOptions& options);

struct ProvidersOptions {
  std::string name;              // empty = all
  std::string match_file;        // a saved list, whose provider is to be found
  std::string output = "table";  // json, or markdown (docs/providers.md)
};
int show_providers(const ProvidersOptions& options);

struct ProbeOptions {
  std::string config_file = "modelvane.yml";
  std::vector<std::string> targets;  // endpoint names or URLs; empty = every endpoint of the config
  std::string output = "table";      // or json
  bool echo = false;                 // ask the questions that cost money, too
};
int probe(const ProbeOptions& options);

struct HistoryOptions {
  DaemonPlace place;
  std::string endpoint;
  std::string alias;
  std::vector<std::string> types;
  std::string since;
  std::string until;
  std::string at;  // what did each alias point to then?
  std::string output = "table";
  std::size_t limit = 100;
};
int history(const HistoryOptions& options);

struct DiffOptions {
  DaemonPlace place;
  std::string endpoint;
  std::string alias;
  std::string from;
  std::string to;  // "" = now
  std::string output = "table";
};
int diff(const DiffOptions& options);

struct AliasesOptions {
  DaemonPlace place;
  std::string endpoint;
  std::string alias;
  std::string output = "table";
};
int show_aliases(const AliasesOptions& options);

struct StatusOptions {
  std::string url;  // "" = the daemon on this machine
  std::string client_config;
  std::string output = "table";
};
int show_status(const StatusOptions& options);

struct McpOptions {
  DaemonPlace place;
};
int mcp(const McpOptions& options);

// list, show, retry and drop.
struct DeliveriesOptions {
  DaemonPlace place;
  std::string id;  // an event's sequence number, or the beginning of its id
  std::string webhook;
  std::string state;
  std::string output = "table";
  std::size_t limit = 100;
};
int deliveries_list(const DeliveriesOptions& options);
int deliveries_show(const DeliveriesOptions& options);
int deliveries_retry(const DeliveriesOptions& options);
int deliveries_drop(const DeliveriesOptions& options);

struct DrillOptions {
  DaemonPlace place;
  std::vector<std::string> webhooks;  // empty = all
  std::string type = "drill";
  std::string timeout = "30s";
};
int drill(const DrillOptions& options);

struct PollOptions {
  DaemonPlace place;
  std::vector<std::string> endpoints;  // empty = all
};
int poll(const PollOptions& options);

struct RenderOptions {
  std::string config_file = "modelvane.yml";
  DaemonPlace place;
  std::string external_url;
  std::string webhook;
  std::string event;  // sequence number, beginning of an id, or an event type
};
int render(const RenderOptions& options);

struct PinOptions {
  std::string config_file = "modelvane.yml";
  DaemonPlace place;
  std::string endpoint;
  std::string alias;
  std::vector<std::string> targets;
  std::string output = "table";
};
int pin_list(const PinOptions& options);
int pin_accept(const PinOptions& options);
int pin_set(const PinOptions& options);
int pin_remove(const PinOptions& options);

struct SimulateOptions {
  std::string listen_address = "127.0.0.1:10180";
  std::string script;  // path of a YAML script; empty = the built-in one
};
int simulate(const SimulateOptions& options);

struct DemoOptions {
  std::string listen_address = "127.0.0.1:10178";
  double seconds = 0;  // 0 = until Ctrl-C
};
int demo(const DemoOptions& options);

}  // namespace modelvane
