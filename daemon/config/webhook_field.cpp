#include "daemon/config/webhook_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config/access_field.h"
#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/core/glob.h"

namespace modelvane {
namespace {

// A receiver that needs longer should answer first and work afterwards.
constexpr Range<Duration> kTimeout{std::chrono::seconds{1}, std::chrono::seconds{60}};
constexpr Range<Duration> kMaxAge{std::chrono::minutes{1}, std::chrono::hours{24 * 30}};
// A rotation needs two; each adds a signature to every delivery.
constexpr std::size_t kSigningSecretsMax = 8;
constexpr std::size_t kGlobsMax = 256;
constexpr std::size_t kGlobBytesMax = 128;

constexpr std::array kLaterFormats{
    std::string_view{"alertmanager"},
    std::string_view{"alertmanager_webhook"},
    std::string_view{"slack"},
    std::string_view{"mattermost"},
    std::string_view{"discord"},
    std::string_view{"teams"},
    std::string_view{"feishu"},
    std::string_view{"dingtalk"},
    std::string_view{"wecom"},
    std::string_view{"pagerduty"},
    std::string_view{"github_dispatch"},
    std::string_view{"gitlab_trigger"},
    std::string_view{"grafana_annotation"},
    std::string_view{"template"},
};

// Every type that the product names, also those that only later versions send: a config may subscribe to them today.
constexpr std::array kEventTypes{
    std::string_view{"alias.moved"},
    std::string_view{"alias.unstable"},
    std::string_view{"alias.settled"},
    std::string_view{"alias.appeared"},
    std::string_view{"alias.vanished"},
    std::string_view{"alias.undisclosed"},
    std::string_view{"alias.disclosed"},
    std::string_view{"alias.pin_broken"},
    std::string_view{"alias.pin_restored"},
    std::string_view{"model.added"},
    std::string_view{"model.removed"},
    std::string_view{"model.retirement_set"},
    std::string_view{"model.retirement_changed"},
    std::string_view{"model.retirement_cleared"},
    std::string_view{"model.retirement_near"},
    std::string_view{"endpoint.down"},
    std::string_view{"endpoint.up"},
    std::string_view{"catalog.quarantined"},
    std::string_view{"catalog.accepted"},
    std::string_view{"drill"},
};
constexpr std::array kEventGlobs{std::string_view{"alias.*"}, std::string_view{"model.*"}, std::string_view{"endpoint.*"},
                                 std::string_view{"catalog.*"}};

// What a delivery sets: the Standard Webhooks headers and the body's type.
constexpr std::array kDeliveryHeaders{std::string_view{"webhook-id"}, std::string_view{"webhook-timestamp"},
                                      std::string_view{"webhook-signature"}, std::string_view{"content-type"}};

std::span<const std::string_view> webhook_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all{"name",    "url",    "url_env",   "url_file", "format",
                                      "signing", "events", "endpoints", "timeout",  "max_age"};
    all.insert(all.end(), access_keys().begin(), access_keys().end());
    return all;
  }();
  return keys;
}

void read_format(const Field& field, std::string& format) {
  auto text = field.text("a format such as cloudevents");
  if (!text || *text == format) return;
  if (std::ranges::find(kLaterFormats, *text) != kLaterFormats.end()) {
    field.fail(fmt::format("this version of modelvane does not have the format {} yet; use cloudevents", in_quotes(*text)));
    return;
  }
  std::vector<std::string_view> formats{"cloudevents"};
  formats.insert(formats.end(), kLaterFormats.begin(), kLaterFormats.end());
  const auto hint = did_you_mean(*text, formats);
  field.fail(fmt::format("unknown format {}{}", in_quotes(*text), hint.empty() ? "; use cloudevents" : hint));
}

std::optional<std::string> signing_secret_problem(std::string_view value) {
  if (is_signing_secret(value)) return std::nullopt;
  return R"~(must be "whsec_" and the base64 of 24 to 64 random bytes; make one with: echo "whsec_$(openssl rand -base64 32)")~";
}

std::vector<SecretRef> read_signing(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"secrets"}, std::string_view{"secrets_env"},
                                    std::string_view{"secrets_file"}};
  const auto fields = field.fields(kKeys);
  return fields ? read_secrets(*fields, "secrets", signing_secret_problem, kSigningSecretsMax) : std::vector<SecretRef>{};
}

// Globs, each of which must match something: one that matches nothing is a typing error, and would be noticed only when an event
// is missed. `candidates` empty = do not check.
void read_globs(const Field& field, std::string_view what, std::span<const std::string_view> candidates,
                std::span<const std::string_view> suggestions, std::vector<std::string>& globs) {
  const auto items = field.list(fmt::format("globs over {}s", what));
  if (!items) return;
  if (items->empty() || items->size() > kGlobsMax) {
    field.fail(fmt::format("must have 1 to {} entries, not {}; leave the key out for all", kGlobsMax, items->size()));
    return;
  }
  globs.clear();
  for (const auto& item : *items) {
    auto glob = item.text("a glob such as alias.*");
    if (!glob) continue;
    if (glob->size() > kGlobBytesMax) {
      item.fail(fmt::format("must be at most {} bytes long", kGlobBytesMax));
      continue;
    }
    const bool matches = std::ranges::any_of(candidates, [&glob](std::string_view text) { return glob_matches(*glob, text); });
    if (!candidates.empty() && !matches) {
      item.fail(fmt::format("{} matches no {}{}", in_quotes(*glob), what, did_you_mean(*glob, suggestions)));
    }
    globs.push_back(std::move(*glob));
  }
}

void read_subscriptions(const Fields& fields, const Names& endpoint_names, WebhookConfig& webhook) {
  if (const auto* field = fields.find("events")) {
    std::vector<std::string_view> suggestions{kEventTypes.begin(), kEventTypes.end()};
    suggestions.insert(suggestions.end(), kEventGlobs.begin(), kEventGlobs.end());
    read_globs(*field, "event type", kEventTypes, suggestions, webhook.events);
  }
  if (const auto* field = fields.find("endpoints")) {
    const auto names = endpoint_names.is_complete() ? endpoint_names.all() : std::vector<std::string_view>{};
    read_globs(*field, "endpoint name", names, names, webhook.endpoints);
  }
}

}  // namespace

WebhookConfig read_webhook(const Field& field, const Names& endpoint_names, Names& webhook_names) {
  WebhookConfig webhook;
  const auto fields = field.fields(webhook_keys());
  if (!fields) return webhook;
  if (const auto* name = fields->need("name", "give each webhook a name of its own")) {
    webhook.name = name->text("a name").value_or("");
    if (!webhook.name.empty()) webhook_names.claim(*name, webhook.name, field.path());
  }
  const auto url_check = [](std::string_view value) { return url_problem(value); };
  if (auto url = read_secret(*fields, "url", url_check, "write one of url, url_env and url_file")) webhook.url = std::move(*url);
  if (const auto* format = fields->find("format")) read_format(*format, webhook.format);
  if (const auto* signing = fields->find("signing")) webhook.signing_secrets = read_signing(*signing);
  read_subscriptions(*fields, endpoint_names, webhook);
  webhook.access = read_access(*fields, kDeliveryHeaders);
  if (const auto* timeout = fields->find("timeout")) webhook.timeout = timeout->duration(kTimeout).value_or(webhook.timeout);
  if (const auto* max_age = fields->find("max_age")) webhook.max_age = max_age->duration(kMaxAge).value_or(webhook.max_age);
  return webhook;
}

}  // namespace modelvane
