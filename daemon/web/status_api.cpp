#include <nlohmann/json.hpp>

#include "daemon/web/api.h"
#include "daemon/web/list_reply.h"
#include "daemon/web/or_null.h"
#include "daemon/web/shown.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

Json webhook_json(const WebhookView& webhook) {
  auto failures = Json::object();
  for (const auto kind :
       {VerdictClass::Busy, VerdictClass::Config, VerdictClass::Payload, VerdictClass::Gone}) {
    failures[std::string{label(kind)}] = webhook.failures[static_cast<std::size_t>(kind)];
  }
  return {{"name", webhook.name},
          {"format", webhook.format},
          {"state", label(webhook.status)},
          {"disabled_since", time_or_null(webhook.disabled_since)},
          {"delivered", webhook.delivered},
          {"failures", std::move(failures)},
          {"pending", webhook.pending},
          {"oldest_pending", time_or_null(webhook.oldest_pending)},
          {"dead_letters", webhook.dead_letters},
          {"last_error", text_or_null(webhook.last_error)}};
}

Json cluster_json(const ClusterView& cluster) {
  auto replicas = Json::array();
  for (const auto& replica : cluster.replicas)
    replicas.push_back({{"name", replica.name},
                        {"address", text_or_null(replica.address)},
                        {"version", replica.version},
                        {"host", replica.host},
                        {"shards", replica.shards},
                        {"lease_left_seconds", to_seconds(replica.lease_left)},
                        {"config_hash", replica.config_hash}});
  return {{"replica", cluster.replica},
          {"shards",
           {{"total", cluster.shards},
            {"owned", cluster.owned},
            {"wanted", cluster.wanted},
            {"unowned", cluster.unowned}}},
          {"trusted_seconds", to_seconds(cluster.trusted_for)},
          {"synchronous", cluster.is_synchronous},
          {"config_differs", cluster.config_differs},
          {"replicas", std::move(replicas)}};
}

}  // namespace

Reply status_api(const Snapshot& snapshot, const Query& query) {
  if (auto refusal = Parameters{query}.refusal()) return *refusal;
  const auto& daemon = snapshot.daemon;
  std::size_t aliases = 0;
  const auto shown = shown_endpoints(snapshot);
  for (const auto& [endpoint, remote] : shown)
    aliases += endpoint->known ? endpoint->known->aliases.size() : 0;
  auto webhooks = Json::array();
  for (const auto& webhook : snapshot.webhooks) {
    if (webhook) webhooks.push_back(webhook_json(*webhook));
  }
  Json status{
      {"version", daemon.version},
      {"instance", daemon.instance},
      {"started", to_rfc3339(daemon.started)},
      {"uptime_seconds", to_seconds(snapshot.at - daemon.started)},
      {"store",
       {{"ok", daemon.store_ok},
        {"error", text_or_null(daemon.store_sentence)},
        {"errors", daemon.store_errors}}},
      {"reload",
       {{"ok", daemon.reload_ok},
        {"last_success",
         daemon.reload_success == Time{} ? Json(nullptr) : Json(to_rfc3339(daemon.reload_success))},
        {"error", text_or_null(daemon.reload_sentence)}}},
      {"isolated", daemon.is_isolated},
      {"in_flight",
       {{"polls", daemon.polls_in_flight}, {"deliveries", daemon.deliveries_in_flight}}},
      {"counts",
       {{"endpoints", shown.size()}, {"aliases", aliases}, {"webhooks", snapshot.webhooks.size()}}},
      {"webhooks", std::move(webhooks)}};
  if (daemon.cluster) status["cluster"] = cluster_json(*daemon.cluster);
  return json_reply(without_markup(status.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

}  // namespace modelvane
