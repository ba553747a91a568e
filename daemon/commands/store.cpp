#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/config/load_config.h"
#include "daemon/config/secret.h"
#include "daemon/engine/clock.h"
#include "daemon/store/postgres_admin.h"
#include "daemon/store/postgres_schema.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/store/store_copy.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// FROM or TO that means storage.postgres of the configuration.
constexpr std::string_view kPostgresWord = "postgres";

struct Found {
  Config config;
  PostgresPlace place;
};

// The error was printed.
std::optional<Found> find(const std::string& file) {
  // Of all secrets only the database's is used.
  auto config = load_config(file, Surroundings::Ignored);
  if (!config) {
    for (const auto& error : config.error()) fmt::print(stderr, "{}\n", to_text(error));
    return std::nullopt;
  }
  if (!config->postgres) {
    fmt::print(stderr,
               "modelvane: {} has no storage.postgres: a folder needs none of this (`modelvane "
               "serve` makes it)\n",
               file);
    return std::nullopt;
  }
  const auto url = reveal(config->postgres->url);
  if (!url) {
    fmt::print(stderr, "modelvane: storage.postgres.url: {}\n", url.error());
    return std::nullopt;
  }
  PostgresPlace place{.url = *url, .schema = config->postgres->schema};
  return Found{.config = std::move(*config), .place = std::move(place)};
}

Json json_of(const StoreStatus& status) {
  auto replicas = Json::array();
  for (const auto& replica : status.replicas)
    replicas.push_back({{"name", replica.name},
                        {"address", replica.address},
                        {"host", replica.host},
                        {"version", replica.version},
                        {"shards", replica.shards},
                        {"lease_left_seconds", to_seconds(replica.lease_left)},
                        {"config_hash", replica.config_hash}});
  return {{"instance", status.instance},
          {"schema_version", status.schema_version},
          {"shards", status.shards},
          {"unowned", status.unowned},
          {"synchronous", status.is_synchronous},
          {"last_event", status.last_sequence},
          {"pending_deliveries", status.pending},
          {"oldest_pending",
           status.oldest_pending ? Json(to_rfc3339(*status.oldest_pending)) : Json(nullptr)},
          {"replicas", std::move(replicas)}};
}

void print_status(const StoreStatus& status) {
  std::vector<TableRow> rows{
      {"REPLICA", "HOST", "VERSION", "SHARDS", "LEASE LEFT", "CONFIG", "ADDRESS"}};
  for (const auto& replica : status.replicas)
    rows.push_back({replica.name, replica.host, replica.version, std::to_string(replica.shards),
                    fmt::format("{:.1f}s", to_seconds(replica.lease_left)), replica.config_hash,
                    replica.address});
  fmt::print("instance {}, schema version {}, {} shards, {} of them unowned, {} events\n",
             status.instance, status.schema_version, status.shards, status.unowned,
             status.last_sequence);
  fmt::print("{} deliveries wait{}\n", status.pending,
             status.oldest_pending
                 ? fmt::format(", the oldest since {}", to_rfc3339(*status.oldest_pending))
                 : "");
  if (!status.is_synchronous)
    fmt::print(
        "the database does not wait for a standby: events that it acknowledged can be lost with "
        "its primary\n");
  if (rows.size() > 1) print_table(rows);
}

}  // namespace

int store_migrate(const StoreOptions& options) {
  if (options.shards < 1 || options.shards > kShardsMax)
    return fail(kUsageError, fmt::format("--shards is 1 to {}", kShardsMax));
  const auto found = find(options.config_file);
  if (!found) return kUsageError;
  const auto done = migrate(found->place, {.instance = found->config.instance,
                                           .shards = static_cast<ShardCount>(options.shards),
                                           .role = options.role});
  if (!done) return fail(kFailed, done.error().sentence);
  fmt::print("{}\n", *done);
  return 0;
}

int store_status(const StoreOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  const auto found = find(options.config_file);
  if (!found) return kUsageError;
  const auto status = read_status(found->place, found->config.instance);
  if (!status) return fail(kFailed, status.error().sentence);
  if (options.output == "json") {
    fmt::print("{}\n", json_of(*status).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    print_status(*status);
  }
  return status->unowned > 0 ? kFailed : 0;
}

int store_release(const StoreOptions& options) {
  const auto found = find(options.config_file);
  if (!found) return kUsageError;
  const auto ended = release(found->place, found->config.instance, options.replica);
  if (!ended) return fail(kFailed, ended.error().sentence);
  if (!*ended)
    return fail(kFailed, fmt::format("no replica called {} has a session", options.replica));
  fmt::print("the session of {} has ended\n", options.replica);
  return 0;
}

int store_copy(const StoreOptions& options) {
  std::optional<Found> found;
  std::vector<CopyPlace> places;
  for (const auto& text : {options.from, options.to}) {
    if (text != kPostgresWord) {
      places.emplace_back(std::filesystem::path{text});
      continue;
    }
    if (!found) found = find(options.config_file);
    if (!found) return kUsageError;
    places.emplace_back(found->place);
  }
  if (options.from == options.to) return fail(kUsageError, "FROM and TO are the same");
  if (options.from != kPostgresWord && !SqliteEventLog{options.from}.has_database())
    return fail(kFailed, fmt::format("there is no database in {}", options.from));
  const auto report = copy_store(places[0], places[1], SystemClock{}.wall());
  if (!report) return fail(kFailed, report.error().sentence);
  fmt::print("{} endpoints, {} events and {} deliveries copied\n", report->endpoints,
             report->events, report->deliveries);
  return 0;
}

}  // namespace modelvane
