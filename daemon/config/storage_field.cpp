#include "daemon/config/storage_field.h"

#include <fmt/format.h>

#include <array>

#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

constexpr Range<Duration> kRetention{std::chrono::hours{24}, std::chrono::hours{24 * 3650}};
// Below, a commit that takes long makes a replica lose its shards for nothing; above, nobody would
// call it a takeover.
constexpr Range<Duration> kLease{std::chrono::seconds{3}, std::chrono::minutes{5}};
// PostgreSQL cuts longer names.
constexpr std::size_t kSchemaNameMax = 63;

std::optional<std::string> url_of_database_problem(std::string_view url) {
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return std::nullopt;
  // libpq's other form: "host=db1 dbname=modelvane".
  if (url.find('=') != url.npos) return std::nullopt;
  return "must be a URL such as postgresql://modelvane@db1,db2/modelvane";
}

void read_postgres(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"url"}, std::string_view{"url_env"},
                                    std::string_view{"url_file"}, std::string_view{"schema"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  PostgresConfig postgres;
  const auto url = read_secret(*fields, "url", url_of_database_problem,
                               "write url_env: MODELVANE_DATABASE, or url or url_file");
  if (url) postgres.url = *url;
  if (const auto* schema = fields->find("schema")) {
    postgres.schema = schema->text("the name of a schema").value_or(postgres.schema);
    if (postgres.schema.empty() || postgres.schema.size() > kSchemaNameMax)
      schema->fail(fmt::format("must have 1 to {} characters", kSchemaNameMax));
  }
  config.postgres = std::move(postgres);
}

}  // namespace

void read_storage(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"retention"}, std::string_view{"postgres"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* retention = fields->find("retention"))
    config.retention = retention->duration(kRetention).value_or(config.retention);
  if (const auto* postgres = fields->find("postgres")) read_postgres(*postgres, config);
}

void read_cluster(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"replica"}, std::string_view{"lease"},
                                    std::string_view{"address"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  auto& cluster = config.cluster;
  if (const auto* replica = fields->find("replica")) {
    cluster.replica = replica->text("a name for this replica, such as mv-a").value_or("");
    if (!cluster.replica.empty() && !is_name(cluster.replica))
      replica->fail(
          fmt::format("must be 1 to 63 letters, digits, \".\", \"_\" and \"-\", "
                      "starting with a letter or digit, not {}",
                      in_quotes(cluster.replica)));
  }
  if (const auto* lease = fields->find("lease"))
    cluster.lease = lease->duration(kLease).value_or(cluster.lease);
  if (const auto* address = fields->find("address"))
    cluster.address = address->text("a URL such as https://mv-a:10178").value_or("");
}

void check_sharing(const Fields& fields, const Config& config) {
  const auto* cluster = fields.find("cluster");
  if (cluster != nullptr && !config.postgres)
    cluster->fail(
        "several daemons need a store that they can share: write storage.postgres, or leave "
        "cluster out");
  if (config.postgres && config.instance.empty())
    fields.whole().fail(
        "with storage.postgres the file must say instance: NAME, the same for all replicas, for "
        "it is part of each event's id and source");
}

}  // namespace modelvane
