#include "daemon/commands/shown_config.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

std::string written(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

using Texts = std::initializer_list<std::pair<const char*, const std::string*>>;

// Those that say something.
void add_texts(Json& json, Texts texts) {
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json[name] = *text;
  }
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
  add_texts(json, {{"pointer", &rule.pointer},
                   {"with", &rule.with},
                   {"header", &rule.header},
                   {"canonical", &rule.canonical},
                   {"strip_prefix", &rule.strip_prefix}});
  if (!rule.join.empty()) json["join"] = rule.join;
  if (rule.match) json["match"] = rule.match->text();
  if (rule.not_for) json["not_for"] = rule.not_for->text();
  if (rule.opaque) json["opaque"] = true;
  if (rule.kind == Rule::Field) json["max_hops"] = rule.max_hops;
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
    json["body"] = rule.body;
    json["fingerprint"] = text_or_null(rule.fingerprint);
  }
  return json;
}

Json texts(const std::vector<Pattern>& patterns) {
  auto all = Json::array();
  for (const auto& pattern : patterns) all.push_back(pattern.text());
  return all;
}

Json list(const ListShape& shape) {
  Json json{{"items", shape.items},
            {"id", shape.id},
            {"strip_prefix", text_or_null(shape.strip_prefix)},
            {"method", shape.is_post ? "POST" : "GET"}};
  if (shape.is_post) json["body"] = shape.body;
  const auto& pages = shape.pagination;
  if (pages.kind != Pagination::Kind::None) {
    json["pagination"] = {{"kind", kPaginationKinds.label(pages.kind)},
                          {"next", text_or_null(pages.next)},
                          {"more", text_or_null(pages.more)},
                          {"query", text_or_null(pages.query)}};
  }
  return json;
}

Json lifecycle(const Reading& reading, const Access& document_access) {
  const auto fields = [](const LifecycleFields& lifecycle) -> Json {
    return {{"retires_at", lifecycle.retires_at},
            {"replacement", lifecycle.replacement},
            {"deprecated", lifecycle.deprecated},
            {"words", lifecycle.words}};
  };
  auto json = fields(reading.lifecycle);
  if (const auto& document = reading.endings) {
    json["document"] = fields(document->fields);
    json["document"].update(Json{{"url", without_query(document->url)},
                                 {"source", document->source},
                                 {"items", document->items},
                                 {"id", document->id},
                                 {"where", document->where},
                                 {"interval", to_text(document->interval)},
                                 {"access", access(document_access)}});
  }
  return json;
}

Json endpoint(const EndpointConfig& endpoint) {
  const auto& reading = *endpoint.reading;
  auto rules = Json::array();
  for (const auto& one : reading.rules) {
    rules.push_back(rule(one));
    if (one.kind == Rule::Served) rules.back()["access"] = access(endpoint.served_access);
  }
  const auto& policy = endpoint.policy;
  return {
      {"name", endpoint.name},
      {"was", text_or_null(endpoint.was)},
      {"provider", text_or_null(endpoint.provider)},
      {"url", without_query(endpoint.url)},
      {"access", access(endpoint.access)},
      {"list", list(reading.shape)},
      {"models",
       {{"include", texts(reading.models.include)}, {"exclude", texts(reading.models.exclude)}}},
      {"aliases", std::move(rules)},
      {"alias_names",
       {{"ids", reading.alias_names.ids}, {"patterns", texts(reading.alias_names.patterns)}}},
      {"hints", reading.hints},
      {"lifecycle", lifecycle(reading, endpoint.endings_access)},
      {"interval", to_text(endpoint.interval)},
      {"timeout", to_text(endpoint.timeout)},
      {"recheck", to_text(endpoint.recheck)},
      {"reread", to_text(endpoint.reread)},
      {"connection", endpoint.reuse_connection ? "reuse" : "new"},
      {"connection_max_age", to_text(endpoint.connection_age_max)},
      {"body_limit_bytes", endpoint.body_limit},
      {"duration_buckets", *endpoint.duration_buckets},
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

// What only some formats have.
void add_format_keys(const WebhookConfig& webhook, Json& json) {
  add_texts(json, {{"repository", &webhook.repository},
                   {"project", &webhook.project},
                   {"ref", &webhook.ref},
                   {"chat_id", &webhook.chat_id},
                   {"thread_id", &webhook.thread_id},
                   {"topic", &webhook.topic}});
  if (webhook.vendor_secret.is_set()) json["vendor_secret"] = secret(webhook.vendor_secret);
  if (webhook.format == "jsm") json["priority"] = webhook.priority;
  if (webhook.format == "alertmanager") json["alert_duration"] = to_text(webhook.alert_duration);
  if (const auto& email = webhook.email; webhook.format == "email") {
    json["email"] = {{"from", email.from},
                     {"to", email.to},
                     {"username", text_or_null(email.username)},
                     {"starttls", email.wants_starttls}};
  }
  if (const auto& body = webhook.body; webhook.format == "template") {
    auto pieces = Json::array();
    for (const auto& piece : body.pieces) pieces.push_back({piece.json, piece.placeholder});
    json["template"] = {{"method", body.method},
                        {"content_type", body.content_type},
                        {"body", std::move(pieces)},
                        {"form", body.form},
                        {"secrets", secrets_by_name(body.secrets)},
                        {"success",
                         {{"statuses", body.success.statuses},
                          {"pointer", text_or_null(body.success.pointer)},
                          {"equals", text_or_null(body.success.equals)}}},
                        {"retry_after", text_or_null(body.retry_after)}};
  }
}

Json webhook(const WebhookConfig& webhook) {
  auto signing = Json::array();
  for (const auto& one : webhook.signing_secrets) signing.push_back(secret(one));
  auto mentions = Json::array();
  for (const auto& one : webhook.mentions)
    mentions.push_back({{"events", one.events}, {"who", one.who}});
  Json json{{"name", webhook.name},
            {"url", secret(webhook.url)},
            {"format", webhook.format},
            {"events", webhook.events},
            {"endpoints", webhook.endpoints},
            {"aliases", webhook.aliases},
            {"labels", webhook.labels},
            {"evidence", webhook.evidence},
            {"mentions", std::move(mentions)},
            {"heartbeat", webhook.heartbeat ? Json(to_text(*webhook.heartbeat)) : Json(nullptr)},
            {"time_zone", text_or_null(webhook.time_zone)},
            {"signing_secrets", std::move(signing)},
            {"github_signature", secret(webhook.github_signature)},
            {"access", access(webhook.access)},
            {"timeout", to_text(webhook.timeout)},
            {"rate_limit",
             {{"burst", webhook.rate_limit.burst}, {"per_second", webhook.rate_limit.per_second}}},
            {"max_age", to_text(webhook.max_age)}};
  add_format_keys(webhook, json);
  return json;
}

Json maintenance(const MaintenanceWindow& window) {
  Json json{{"name", window.name}, {"endpoints", window.endpoints}};
  if (const auto* once = std::get_if<OnceWindow>(&window.when)) {
    json["from"] = to_rfc3339(once->from);
    json["to"] = to_rfc3339(once->to);
    return json;
  }
  const auto& weekly = std::get<WeeklyWindow>(window.when);
  auto days = Json::array();
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (weekly.days[i]) days.push_back(kWeekdays[i]);
  }
  json["weekly"] = {
      {"days", std::move(days)}, {"from", to_text(weekly.from)}, {"to", to_text(weekly.to)}};
  return json;
}

Json ranges(const std::vector<AddressRange>& ranges) {
  auto all = Json::array();
  for (const auto& range : ranges) all.push_back(range.text);
  return all;
}

Json storage(const Config& config) {
  Json json{{"retention", to_text(config.retention)}};
  if (config.postgres)
    json["postgres"] = {{"url", secret(config.postgres->url)}, {"schema", config.postgres->schema}};
  return json;
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
  auto webhooks = Json::array();
  for (const auto& one : config.webhooks) webhooks.push_back(webhook(one));
  auto windows = Json::array();
  for (const auto& one : config.maintenance) windows.push_back(maintenance(one));
  auto sources = Json::array();
  for (const auto& one : config.discovery) sources.push_back(source(one));
  Json json{
      {"instance", config.instance},
      {"include", config.include},
      {"service_discovery", std::move(sources)},
      {"storage", storage(config)},
      {"web", {{"read_only_users", config.read_only_users}}},
      {"egress", {{"allow", ranges(config.egress.allow)}, {"deny", ranges(config.egress.deny)}}},
      {"connectivity_targets", config.connectivity_targets},
      {"maintenance", std::move(windows)},
      {"webhooks", std::move(webhooks)}};
  // Not the replica's own name and address: what replicas say alike has one hash.
  if (config.postgres) json["cluster"] = {{"lease", to_text(config.cluster.lease)}};
  // One after the other: as a tree all of 10,000 are ten times their text.
  auto text = written(json);
  text.back() = ',';
  text += R"("endpoints":[)";
  for (const auto& one : config.endpoints) {
    if (text.back() != '[') text += ',';
    text += written(endpoint(*one));
  }
  return text + "]}";
}

}  // namespace modelvane
