#include "daemon/config/webhook_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config/access_field.h"
#include "daemon/config/format_field.h"
#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/subscription_field.h"
#include "daemon/config/syntax.h"
#include "daemon/config/template_field.h"

namespace modelvane {
namespace {

// A receiver that needs longer should answer first and work afterwards.
constexpr Range<Duration> kDeliveryTimeoutRange{std::chrono::seconds{1}, std::chrono::seconds{60}};
constexpr Range<Duration> kMaxAge{std::chrono::minutes{1}, std::chrono::hours{24 * 30}};
// A dead man's switch that waits for less would cry at each restart.
constexpr Range<Duration> kHeartbeat{std::chrono::minutes{1}, std::chrono::hours{24}};
// Alertmanager clusters have three or five members.
constexpr std::size_t kMembersMax = 16;

// What a delivery sets: the Standard Webhooks headers and the body's type.
constexpr std::array kDeliveryHeaders{
    std::string_view{"webhook-id"}, std::string_view{"webhook-timestamp"},
    std::string_view{"webhook-signature"}, std::string_view{"content-type"}};

std::span<const std::string_view> webhook_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all{"name", "url", "url_env", "url_file"};
    all.insert(all.end(), format_keys().begin(), format_keys().end());
    all.insert(all.end(), subscription_keys().begin(), subscription_keys().end());
    all.insert(all.end(), {"timeout", "max_age", "heartbeat"});
    all.insert(all.end(), access_keys().begin(), access_keys().end());
    return all;
  }();
  return keys;
}

std::optional<std::string> webhook_url_problem(std::string_view value) {
  return url_problem(value);
}

// The members that `urls` names; empty when there is one receiver.
std::vector<SecretRef> read_urls(const Fields& fields, WebhookConfig& webhook) {
  static constexpr std::array kSeveral{"urls", "urls_env", "urls_file"};
  static constexpr std::array kOne{"url", "url_env", "url_file"};
  const auto find = [&fields](const char* key) { return fields.find(key); };
  const auto is_there = [](const Field* field) { return field != nullptr; };
  const bool has_one = std::ranges::any_of(kOne, is_there, find);
  if (takes_several_urls(webhook) && std::ranges::any_of(kSeveral, is_there, find)) {
    if (has_one) fields.whole().fail("give either url, for one receiver, or urls, for several");
    return read_secrets(fields, "urls", webhook_url_problem, kMembersMax);
  }
  if (webhook.format == "email") {
    if (has_one) fields.whole().fail("format email has no url; write email.smarthost");
    return {};
  }
  const bool has_own = webhook.url.is_set();
  const auto hint = has_own ? "" : "write one of url, url_env and url_file";
  const bool is_template = webhook.format == "template";
  auto url =
      read_secret(fields, "url", is_template ? template_url_problem : webhook_url_problem, hint);
  if (url) webhook.url = std::move(*url);
  for (const auto key : kOne) {
    const auto* field = fields.find(key);
    if (is_template && field != nullptr) check_secrets_in_url(*field, webhook.url, webhook.body);
  }
  return {};
}

// Each member gets all events, in its own order and at its own pace.
std::vector<WebhookConfig> for_each_member(const WebhookConfig& webhook,
                                           std::vector<SecretRef> urls) {
  std::vector<WebhookConfig> members;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    members.push_back(webhook);
    members.back().url = std::move(urls[i]);
    if (urls.size() > 1) members.back().name = fmt::format("{}/{}", webhook.name, i + 1);
  }
  return members;
}

}  // namespace

std::vector<WebhookConfig> read_webhook(const Field& field, const Names& endpoint_names,
                                        Names& webhook_names) {
  WebhookConfig webhook;
  const auto fields = field.fields(webhook_keys());
  if (!fields) return {};
  if (const auto* name = fields->need("name", "give each webhook a name of its own")) {
    webhook.name = name->text("a name").value_or("");
    if (!webhook.name.empty()) webhook_names.claim(*name, webhook.name, field.path());
  }
  webhook.access = read_access(*fields, kDeliveryHeaders);
  read_format(*fields, webhook);
  auto urls = read_urls(*fields, webhook);
  read_subscription(*fields, endpoint_names, webhook);
  if (const auto* timeout = fields->find("timeout"))
    webhook.timeout = timeout->duration(kDeliveryTimeoutRange).value_or(webhook.timeout);
  if (const auto* max_age = fields->find("max_age"))
    webhook.max_age = max_age->duration(kMaxAge).value_or(webhook.max_age);
  if (const auto* heartbeat = fields->find("heartbeat"))
    webhook.heartbeat = heartbeat->duration(kHeartbeat);
  if (urls.empty()) return {std::move(webhook)};
  return for_each_member(webhook, std::move(urls));
}

}  // namespace modelvane
