#include "daemon/web/api.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Names come from other people's servers: what is not UTF-8 becomes U+FFFD instead of an exception.
Reply to_reply(const Json& document) {
  return json_reply(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json json(const std::optional<Time>& time) {
  return time ? Json(to_rfc3339(*time)) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string_view label(Availability availability) {
  switch (availability) {
    case Availability::Unknown: return "unknown";
    case Availability::Up: return "up";
    case Availability::Down: return "down";
  }
  return "unknown";
}

const KnownView& known_of(const EndpointView& endpoint) {
  static const KnownView kNothing;
  return endpoint.known ? *endpoint.known : kNothing;
}

Json failures_json(const EndpointView& endpoint) {
  auto failures = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) failures[std::string{kReasonLabels[i]}] = endpoint.failures[i];
  return failures;
}

Json last_poll_json(const EndpointView& endpoint) {
  if (!endpoint.last_poll) return nullptr;
  const auto& phases = endpoint.phases;
  return {{"time", json(endpoint.last_poll)},
          {"ok", endpoint.last_ok},
          {"reason", endpoint.last_reason ? Json(label(*endpoint.last_reason)) : Json(nullptr)},
          {"error", text_or_null(endpoint.last_sentence)},
          {"http_status_code", endpoint.status_code == 0 ? Json(nullptr) : Json(endpoint.status_code)},
          {"body_bytes", endpoint.body_bytes},
          {"phase_seconds",
           {{"resolve", to_seconds(phases.resolve)},
            {"connect", to_seconds(phases.connect)},
            {"tls", to_seconds(phases.tls)},
            {"processing", to_seconds(phases.processing)},
            {"transfer", to_seconds(phases.transfer)}}}};
}

Json endpoint_json(const EndpointView& endpoint) {
  const auto& known = known_of(endpoint);
  return {{"name", endpoint.name},
          {"provider", text_or_null(endpoint.provider)},
          {"url", endpoint.url},
          {"labels", endpoint.labels},
          {"interval_seconds", to_seconds(endpoint.interval)},
          {"availability", label(known.availability)},
          {"down_since", json(known.down_since)},
          {"has_baseline", known.has_baseline},
          {"quarantined", known.quarantined},
          {"models", known.models.size()},
          {"aliases", known.aliases.size()},
          {"last_poll", last_poll_json(endpoint)},
          {"last_good_poll", json(endpoint.last_good_poll)},
          {"certificate_expiry", json(endpoint.certificate_expiry)},
          {"polls", endpoint.polls},
          {"failures", failures_json(endpoint)}};
}

Json pin_json(const AliasView& alias) {
  if (!alias.pin) return nullptr;
  return {{"approved", alias.pin->approved}, {"state", alias.pin->ok ? "ok" : "broken"}};
}

// The target of an alias that is no longer resolved is the last one known, not a guess: it goes by another name.
Json alias_json(const EndpointView& endpoint, const AliasView& alias) {
  const bool is_resolved = alias.status == AliasStatus::Resolved;
  auto pending = Json(nullptr);
  if (alias.pending) pending = {{"target", text_or_null(alias.pending_target)}};
  return {{"endpoint", endpoint.name},
          {"alias", alias.alias},
          {"status", label(alias.status)},
          {"target", is_resolved ? text_or_null(alias.target) : Json(nullptr)},
          {"last_known_target", text_or_null(alias.target)},
          {"rule", is_resolved ? Json(label(alias.rule)) : Json(nullptr)},
          {"since", alias.since == Time{} ? Json(nullptr) : Json(to_rfc3339(alias.since))},
          {"pending", std::move(pending)},
          {"unstable", alias.unstable},
          {"changes", alias.changes},
          {"last_change", json(alias.last_change)},
          {"pin", pin_json(alias)},
          {"labels", endpoint.labels}};
}

const EndpointView* find_endpoint(const Snapshot& snapshot, const std::string& name) {
  for (const auto& endpoint : snapshot.endpoints) {
    if (endpoint && endpoint->name == name) return endpoint.get();
  }
  return nullptr;
}

Reply no_such_endpoint(const std::string& name) {
  return problem(404, fmt::format("there is no endpoint \"{}\"; /api/v1/endpoints lists them", name));
}

Json webhook_json(const WebhookView& webhook) {
  auto failures = Json::object();
  for (const auto kind : {VerdictClass::Busy, VerdictClass::Config, VerdictClass::Payload, VerdictClass::Gone}) {
    failures[std::string{label(kind)}] = webhook.failures[static_cast<std::size_t>(kind)];
  }
  return {{"name", webhook.name},
          {"format", webhook.format},
          {"delivered", webhook.delivered},
          {"failures", std::move(failures)},
          {"pending", webhook.pending},
          {"oldest_pending", json(webhook.oldest_pending)},
          {"dead_letters", webhook.dead_letters},
          {"last_error", text_or_null(webhook.last_error)}};
}

}  // namespace

Reply endpoints_api(const Snapshot& snapshot, const Query& query) {
  if (auto refusal = refuse_unknown(query, {})) return std::move(*refusal);
  auto all = Json::array();
  for (const auto& endpoint : snapshot.endpoints) {
    if (endpoint) all.push_back(endpoint_json(*endpoint));
  }
  return to_reply({{"endpoints", std::move(all)}});
}

Reply aliases_api(const Snapshot& snapshot, const Query& query) {
  constexpr std::array<std::string_view, 1> kAllowed{"endpoint"};
  if (auto refusal = refuse_unknown(query, kAllowed)) return std::move(*refusal);
  const auto name = single(query, "endpoint");
  if (!name) return name.error();
  if (!name->empty() && find_endpoint(snapshot, *name) == nullptr) return no_such_endpoint(*name);
  auto all = Json::array();
  for (const auto& endpoint : snapshot.endpoints) {
    if (!endpoint || (!name->empty() && endpoint->name != *name)) continue;
    for (const auto& alias : known_of(*endpoint).aliases) all.push_back(alias_json(*endpoint, alias));
  }
  return to_reply({{"aliases", std::move(all)}});
}

Reply models_api(const Snapshot& snapshot, const Query& query) {
  constexpr std::array<std::string_view, 1> kAllowed{"endpoint"};
  if (auto refusal = refuse_unknown(query, kAllowed)) return std::move(*refusal);
  const auto name = single(query, "endpoint");
  if (!name) return name.error();
  if (name->empty()) return problem(400, "parameter endpoint is missing; /api/v1/endpoints lists the names");
  const auto* const endpoint = find_endpoint(snapshot, *name);
  if (endpoint == nullptr) return no_such_endpoint(*name);
  const auto& known = known_of(*endpoint);
  return to_reply({{"endpoint", endpoint->name}, {"has_baseline", known.has_baseline}, {"models", known.models}});
}

Reply status_api(const Snapshot& snapshot, const Query& query) {
  if (auto refusal = refuse_unknown(query, {})) return std::move(*refusal);
  const auto& daemon = snapshot.daemon;
  std::size_t aliases = 0;
  for (const auto& endpoint : snapshot.endpoints) aliases += endpoint ? known_of(*endpoint).aliases.size() : 0;
  auto webhooks = Json::array();
  for (const auto& webhook : snapshot.webhooks) {
    if (webhook) webhooks.push_back(webhook_json(*webhook));
  }
  return to_reply(
      {{"version", daemon.version},
       {"instance", daemon.instance},
       {"started", to_rfc3339(daemon.started)},
       {"uptime_seconds", to_seconds(snapshot.at - daemon.started)},
       {"store", {{"ok", daemon.store_ok}, {"error", text_or_null(daemon.store_sentence)}, {"errors", daemon.store_errors}}},
       {"reload",
        {{"ok", daemon.reload_ok},
         {"last_success", daemon.reload_success == Time{} ? Json(nullptr) : Json(to_rfc3339(daemon.reload_success))},
         {"error", text_or_null(daemon.reload_sentence)}}},
       {"in_flight", {{"polls", daemon.polls_in_flight}, {"deliveries", daemon.deliveries_in_flight}}},
       {"counts", {{"endpoints", snapshot.endpoints.size()}, {"aliases", aliases}, {"webhooks", snapshot.webhooks.size()}}},
       {"webhooks", std::move(webhooks)}});
}

}  // namespace modelvane
