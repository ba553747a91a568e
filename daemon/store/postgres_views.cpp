#include "daemon/store/postgres_views.h"

#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Nobody waits for it, and a slow database is not to be pressed.
constexpr Duration kViewsAnswerWithin = std::chrono::seconds{10};
// Of texts of a few kilobytes: some megabytes a statement.
constexpr std::size_t kTextsAtOnce = 1'000;

// Ours by the table of shards as it stands now.
constexpr const char* kPut = R"(
  INSERT INTO @views AS v(endpoint, shard, replica, at_us, body)
    SELECT n.endpoint, n.shard, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
      n.body
    FROM jsonb_to_recordset($1::jsonb) AS n(endpoint text, shard int, body text)
      JOIN @shards AS s ON s.shard = n.shard
      JOIN @sessions AS o ON o.session = s.session AND o.replica = $2
    ON CONFLICT(endpoint) DO UPDATE SET shard = excluded.shard, replica = excluded.replica,
      at_us = excluded.at_us, body = excluded.body)";

}  // namespace

PostgresViews::PostgresViews(PostgresPlace place, std::string replica)
    : kept_(std::move(place), "modelvane views", kViewsAnswerWithin),
      replica_(std::move(replica)) {}

std::expected<void, StoreError> PostgresViews::put(
    const std::vector<std::pair<std::string, std::string>>& texts, ShardCount shards) {
  auto& database = kept_.open();
  for (std::size_t first = 0; first < texts.size() && database.ok(); first += kTextsAtOnce) {
    auto rows = Json::array();
    for (std::size_t i = first; i < std::min(texts.size(), first + kTextsAtOnce); ++i) {
      const auto& [endpoint, text] = texts[i];
      rows.push_back(
          {{"endpoint", endpoint}, {"shard", shard_of_endpoint(endpoint, shards)}, {"body", text}});
    }
    (void)database.query(kPut, std::string_view{rows.dump()}, std::string_view{replica_});
  }
  if (!database.ok()) return std::unexpected(database.error());
  return {};
}

std::expected<void, StoreError> PostgresViews::keep_only(
    const std::vector<std::string>& endpoints) {
  auto& database = kept_.open();
  (void)database.query(
      "DELETE FROM @views AS v USING @shards AS s, @sessions AS o WHERE s.shard = v.shard AND "
      "o.session = s.session AND o.replica = $2 AND v.endpoint <> ALL($1::text[])",
      std::string_view{array_of(endpoints)}, std::string_view{replica_});
  if (!database.ok()) return std::unexpected(database.error());
  return {};
}

std::expected<std::vector<ViewRow>, StoreError> PostgresViews::rows(std::size_t most) {
  auto& database = kept_.open();
  const auto rows = database.query(
      "SELECT v.endpoint, v.replica, v.at_us, coalesce((SELECT max(o.address) FROM @sessions AS o "
      "WHERE o.replica = v.replica), '') FROM @views AS v WHERE v.replica <> $1 ORDER BY "
      "v.endpoint LIMIT $2",
      std::string_view{replica_}, most);
  std::vector<ViewRow> views;
  for (int row = 0; row < rows.count(); ++row) {
    views.push_back({.endpoint = rows.text(row, 0),
                     .replica = rows.text(row, 1),
                     .address = rows.text(row, 3),
                     .at = rows.time(row, 2)});
  }
  return database.answer(std::move(views));
}

std::expected<std::vector<std::pair<std::string, std::string>>, StoreError> PostgresViews::texts(
    const std::vector<std::string>& endpoints) {
  std::vector<std::pair<std::string, std::string>> texts;
  auto& database = kept_.open();
  for (std::size_t first = 0; first < endpoints.size(); first += kTextsAtOnce) {
    const auto last = std::min(endpoints.size(), first + kTextsAtOnce);
    const std::vector<std::string> some(endpoints.begin() + static_cast<std::ptrdiff_t>(first),
                                        endpoints.begin() + static_cast<std::ptrdiff_t>(last));
    const auto rows =
        database.query("SELECT endpoint, body FROM @views WHERE endpoint = ANY($1::text[])",
                       std::string_view{array_of(some)});
    for (int row = 0; row < rows.count(); ++row)
      texts.emplace_back(rows.text(row, 0), rows.text(row, 1));
  }
  return database.answer(std::move(texts));
}

}  // namespace modelvane
