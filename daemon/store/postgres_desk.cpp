#include "daemon/store/postgres_desk.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <map>

namespace modelvane {
namespace {

constexpr Duration kDeskAnswersWithin = std::chrono::seconds{5};
constexpr Duration kLookAtAnswersEvery = std::chrono::milliseconds{100};

bool is_of_endpoint(OperatorAction action) {
  return action == OperatorAction::AcceptPin || action == OperatorAction::SetPin ||
         action == OperatorAction::RemovePin || action == OperatorAction::Poll;
}

bool is_of_webhooks(OperatorAction action) {
  return action == OperatorAction::RetryDelivery || action == OperatorAction::DropDelivery;
}

}  // namespace

PostgresDesk::PostgresDesk(PostgresPlace place)
    : kept_(std::move(place), "modelvane desk", kDeskAnswersWithin) {}

std::vector<std::pair<Shard, OperatorRequest>> PostgresDesk::parts_of(
    const OperatorRequest& request) {
  const auto rows = kept_.open().query("SELECT shards FROM @cluster");
  if (rows.count() == 0) return {};
  const auto shards = static_cast<ShardCount>(rows.integer(0, 0));
  if (is_of_endpoint(request.action) && !request.endpoint.empty())
    return {{shard_of_endpoint(request.endpoint, shards), request}};
  if (request.action == OperatorAction::Poll) {
    // All endpoints: one shard of each owner.
    std::vector<std::pair<Shard, OperatorRequest>> parts;
    const auto owners = kept_.open().query("SELECT min(shard) FROM @shards GROUP BY session");
    for (int row = 0; row < owners.count(); ++row)
      parts.emplace_back(static_cast<Shard>(owners.integer(row, 0)), request);
    return parts;
  }
  if (!is_of_webhooks(request.action)) return {{kCommonShard, request}};
  std::map<Shard, OperatorRequest> by_shard;
  const auto part = [&](const std::string& webhook) -> OperatorRequest& {
    const auto [entry, is_new] = by_shard.try_emplace(shard_of_webhook(webhook, shards), request);
    if (is_new) {
      entry->second.deliveries.clear();
      entry->second.webhooks.clear();
    }
    return entry->second;
  };
  for (const auto& key : request.deliveries) part(key.webhook).deliveries.push_back(key);
  for (const auto& webhook : request.webhooks) part(webhook).webhooks.push_back(webhook);
  return {by_shard.begin(), by_shard.end()};
}

std::expected<std::uint64_t, StoreError> PostgresDesk::submit(const OperatorRequest& request,
                                                              Time now) {
  std::vector<std::string> shards;
  std::vector<std::string> bodies;
  for (const auto& [shard, part] : parts_of(request)) {
    shards.push_back(std::to_string(shard));
    bodies.push_back(postgres_text(to_json(part)));
  }
  auto& connection = kept_.open();
  const auto rows = connection.query(
      "WITH first AS (SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id), made AS (INSERT "
      "INTO @requests(part_of, shard, kind, body, made_us) SELECT f.id, p.shard, $2, p.body, $3 "
      "FROM first AS f, unnest($4::int[], $5::text[]) AS p(shard, body) RETURNING part_of) "
      "SELECT id, @tell(0, 'requests') FROM first",
      std::string_view{quoted_name(kept_.place().schema) + ".requests"}, name(request.action), now,
      std::string_view{array_of(shards)}, std::string_view{array_of(bodies)});
  if (rows.count() == 0) return std::unexpected(connection.error());
  return static_cast<std::uint64_t>(rows.integer(0, 0));
}

std::expected<std::optional<OperatorResult>, StoreError> PostgresDesk::result(std::uint64_t id) {
  auto& connection = kept_.open();
  const auto rows =
      connection.query("SELECT done_us, result FROM @requests WHERE part_of = $1 ORDER BY id", id);
  if (!connection.ok()) return std::unexpected(connection.error());
  OperatorResult joined;
  for (int row = 0; row < rows.count(); ++row) {
    if (rows.is_null(row, 0)) return std::nullopt;
    auto part = parse_operator_result(rows.text(row, 1));
    if (!part)
      return std::unexpected(
          StoreError{StoreError::Kind::Damaged, fmt::format("request {}: {}", id, part.error())});
    joined.ok = joined.ok && part->ok;
    joined.sentence += (joined.sentence.empty() ? "" : "; ") + part->sentence;
    if (joined.event_id.empty()) joined.event_id = part->event_id;
  }
  return joined;
}

void PostgresDesk::wait(Duration longest) {
  const auto most = std::chrono::ceil<std::chrono::milliseconds>(
      std::min<Duration>(longest, kLookAtAnswersEvery));
  ::poll(nullptr, 0, static_cast<int>(most.count()));
}

}  // namespace modelvane
