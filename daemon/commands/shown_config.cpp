#include "daemon/commands/shown_config.h"

#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// Never a value: where an operator finds it.
Json secret(const SecretRef& ref) {
  switch (ref.from) {
    case SecretRef::From::None: return nullptr;
    case SecretRef::From::Inline: return "in the configuration file";
    case SecretRef::From::Env: return "environment variable " + ref.where;
    case SecretRef::From::File: return "file " + ref.where;
  }
  return nullptr;
}

// A query may hold a key.
std::string without_query(const std::string& url) {
  return url.substr(0, url.find('?'));
}

template <typename Pairs>
Json secrets_by_name(const Pairs& pairs) {
  auto all = Json::object();
  for (const auto& [name, value] : pairs) all[name] = secret(value);
  return all;
}

Json confirm(const Confirm& confirm) {
  return {{"polls", confirm.polls}, {"for_at_least", to_text(confirm.for_at_least)}};
}

Json access(const Access& access) {
  Json json{{"authorization", nullptr}, {"basic_auth", nullptr}};
  if (const auto& given = access.authorization)
    json["authorization"] = {{"type", given->type}, {"credentials", secret(given->credentials)}};
  if (const auto& given = access.basic_auth)
    json["basic_auth"] = {{"username", given->username}, {"password", secret(given->password)}};
  if (const auto& given = access.sigv4) {
    json["sigv4"] = {{"region", given->region},
                     {"service", given->service},
                     {"access_key", secret(given->access_key)},
                     {"secret_key", secret(given->secret_key)},
                     {"session_token", secret(given->session_token)}};
  }
  if (const auto& given = access.oauth2) {
    json["oauth2"] = {{"client_id", given->client_id},
                      {"client_secret", secret(given->client_secret)},
                      {"token_url", without_query(given->token_url)},
                      {"scopes", given->scopes}};
  }
  json["http_headers"] = secrets_by_name(access.http_headers);
  json["query"] = secrets_by_name(access.query);
  json["tls"] = {{"ca_file", text_or_null(access.tls.ca_file)},
                 {"cert_file", text_or_null(access.tls.cert_file)},
                 {"key_file", text_or_null(access.tls.key_file)},
                 {"server_name", text_or_null(access.tls.server_name)},
                 {"min_version", text_or_null(access.tls.min_version)},
                 {"insecure_skip_verify", access.tls.insecure_skip_verify}};
  // The URL of a proxy may hold a password.
  json["proxy"] = {{"is_set", !access.proxy.url.empty()},
                   {"from_environment", access.proxy.from_environment},
                   {"no_proxy", text_or_null(access.proxy.no_proxy)}};
  return json;
}

Json rule(const AliasRule& rule) {
  auto json = Json{{"kind", label(rule.kind)}};
  const std::pair<const char*, const std::string*> texts[] = {{"pointer", &rule.pointer},
                                                              {"with", &rule.with},
                                                              {"header", &rule.header},
                                                              {"canonical", &rule.canonical},
                                                              {"strip_prefix", &rule.strip_prefix}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json[name] = *text;
  }
  if (!rule.join.empty()) json["join"] = rule.join;
  if (!rule.url.empty()) json["url"] = without_query(rule.url);
  if (rule.document) json["document"] = without_query(rule.document->url);
  if (rule.kind == Rule::Served) {
    json["query"] = rule.served.query;
    json["alias"] = rule.served.alias;
    json["target"] = rule.served.target;
    json["least"] = rule.served.least;
    json["share"] = rule.served.share;
  }
  if (keeps_own_time(rule.kind)) json["interval"] = to_text(rule.interval);
  if (rule.kind == Rule::Echo) {
    json["daily_budget"] = rule.daily_budget;
    json["stream"] = rule.is_streamed;
  }
  return json;
}

Json endpoint(const EndpointConfig& endpoint) {
  auto rules = Json::array();
  for (const auto& one : endpoint.reading.rules) rules.push_back(rule(one));
  const auto& policy = endpoint.policy;
  return {{"name", endpoint.name},
          {"provider", text_or_null(endpoint.provider)},
          {"url", without_query(endpoint.url)},
          {"access", access(endpoint.access)},
          {"list",
           {{"items", endpoint.reading.shape.items},
            {"id", endpoint.reading.shape.id},
            {"method", endpoint.reading.shape.is_post ? "POST" : "GET"}}},
          {"aliases", std::move(rules)},
          {"hints", endpoint.reading.hints},
          {"interval", to_text(endpoint.interval)},
          {"timeout", to_text(endpoint.timeout)},
          {"recheck", to_text(endpoint.recheck)},
          {"reread", to_text(endpoint.reread)},
          {"connection", endpoint.reuse_connection ? "reuse" : "new"},
          {"body_limit_bytes", endpoint.body_limit},
          {"duration_buckets", endpoint.duration_buckets},
          {"confirm",
           {{"moved", confirm(policy.moved)},
            {"vanished", confirm(policy.vanished)},
            {"added", confirm(policy.added)},
            {"removed", confirm(policy.removed)},
            {"down", confirm(policy.down)},
            {"up", confirm(policy.up)}}},
          {"shrink_guard",
           {{"ratio", policy.shrink_guard.ratio},
            {"least", policy.shrink_guard.least},
            {"hold", to_text(policy.shrink_guard.hold)}}},
          {"paused", endpoint.is_paused},
          {"compare", text_or_null(endpoint.compare)},
          {"pins", endpoint.pins},
          {"labels", endpoint.labels}};
}

Json webhook(const WebhookConfig& webhook) {
  auto signing = Json::array();
  for (const auto& one : webhook.signing_secrets) signing.push_back(secret(one));
  return {{"name", webhook.name},
          {"url", secret(webhook.url)},
          {"format", webhook.format},
          {"events", webhook.events},
          {"endpoints", webhook.endpoints},
          {"signing_secrets", std::move(signing)},
          {"github_signature", secret(webhook.github_signature)},
          {"access", access(webhook.access)},
          {"timeout", to_text(webhook.timeout)},
          {"rate_limit",
           {{"burst", webhook.rate_limit.burst}, {"per_second", webhook.rate_limit.per_second}}},
          {"max_age", to_text(webhook.max_age)}};
}

Json source(const DiscoverySource& source) {
  Json json{{"name", source.name}, {"files", source.files}};
  if (source.url.empty()) return json;
  json["url"] = without_query(source.url);
  json["access"] = access(source.access);
  json["refresh"] = to_text(source.refresh);
  json["timeout"] = to_text(source.timeout);
  return json;
}

}  // namespace

std::string shown_config(const Config& config) {
  auto endpoints = Json::array();
  for (const auto& one : config.endpoints) endpoints.push_back(endpoint(one));
  auto webhooks = Json::array();
  for (const auto& one : config.webhooks) webhooks.push_back(webhook(one));
  auto sources = Json::array();
  for (const auto& one : config.discovery) sources.push_back(source(one));
  const Json json{{"instance", config.instance},
                  {"include", config.include},
                  {"service_discovery", std::move(sources)},
                  {"storage", {{"retention", to_text(config.retention)}}},
                  {"web", {{"read_only_users", config.read_only_users}}},
                  {"endpoints", std::move(endpoints)},
                  {"webhooks", std::move(webhooks)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modelvane
