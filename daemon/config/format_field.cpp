#include "daemon/config/format_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/config/template_field.h"
#include "daemon/config/vendor_field.h"
#include "daemon/events/webhook_format.h"

namespace modelvane {
namespace {

// A rotation needs two; each adds a signature to every delivery.
constexpr std::size_t kSigningSecretsMax = 8;
constexpr Range<Duration> kAlertDuration{std::chrono::seconds{10}, std::chrono::hours{24 * 30}};
constexpr Range<double> kBurst{1, 1'000};
constexpr Range<double> kPerSecond{0.001, 1'000};
using Words = std::vector<std::string_view>;

// "token" also as "token_env" and "token_file".
void add_secret_keys(std::string_view key, std::vector<std::string>& keys) {
  for (const auto* const ending : {"", "_env", "_file"}) keys.push_back(std::string{key} + ending);
}

std::vector<std::string> own_keys_of(const FormatTraits& format) {
  std::vector<std::string> keys;
  if (format.signing != SigningKind::None) keys.emplace_back("signing");
  if (format.signing == SigningKind::StandardWebhooks) keys.emplace_back("github_signature");
  if (format.is_state) {
    add_secret_keys("urls", keys);
    keys.emplace_back("alert_duration");
  }
  if (format.knows_mentions) keys.emplace_back("mentions");
  if (format.is_for_people) keys.emplace_back("time_zone");
  if (!format.secret_key.empty()) add_secret_keys(format.secret_key, keys);
  keys.insert(keys.end(), format.keys.begin(), format.keys.end());
  return keys;
}

struct OwnKey {
  std::string key;
  Words formats;
};

// Each key that not all formats have, in the order of the formats.
const std::vector<OwnKey>& own_keys() {
  static const std::vector<OwnKey> kKeys = [] {
    std::vector<OwnKey> all;
    for (const auto& format : kFormats) {
      for (auto& key : own_keys_of(format)) {
        const auto known = std::ranges::find(all, key, &OwnKey::key);
        if (known != all.end()) {
          known->formats.push_back(format.name);
        } else {
          all.push_back({std::move(key), {format.name}});
        }
      }
    }
    return all;
  }();
  return kKeys;
}

void refuse_others_keys(const Fields& fields, std::string_view format) {
  for (const auto& own : own_keys()) {
    const auto* field = fields.find(own.key);
    if (field == nullptr || std::ranges::find(own.formats, format) != own.formats.end()) continue;
    field->fail(fmt::format("has no meaning with format {}; it belongs to {}", format,
                            listed(own.formats)));
  }
}

const FormatTraits* read_name(const Field& field) {
  const auto text = field.text("a format such as cloudevents");
  if (!text) return nullptr;
  if (const auto* format = find_format(*text)) return format;
  std::vector<std::string_view> names;
  for (const auto& format : kFormats) names.push_back(format.name);
  const auto hint = did_you_mean(*text, names);
  field.fail(fmt::format("unknown format {}{}", in_quotes(*text),
                         hint.empty() ? "; known are " + listed(names) : hint));
  return nullptr;
}

std::optional<std::string> signing_secret_problem(std::string_view value) {
  if (is_signing_secret(value)) return std::nullopt;
  return R"~(must be "whsec_" and the base64 of 24 to 64 random bytes; make one with: )~"
         R"~(echo "whsec_$(openssl rand -base64 32)")~";
}

// The bots know one secret of any form; Standard Webhooks knows several of its own.
void read_signing(const Field& field, SigningKind signing, WebhookConfig& webhook) {
  static constexpr std::array kSeveral{std::string_view{"secrets"}, std::string_view{"secrets_env"},
                                       std::string_view{"secrets_file"}};
  static constexpr std::array kOne{std::string_view{"secret"}, std::string_view{"secret_env"},
                                   std::string_view{"secret_file"}};
  const bool is_bot = signing == SigningKind::BotSecret;
  const auto fields = is_bot ? field.fields(kOne) : field.fields(kSeveral);
  if (!fields) return;
  if (!is_bot) {
    webhook.signing_secrets =
        read_secrets(*fields, "secrets", signing_secret_problem, kSigningSecretsMax);
  } else if (auto secret = read_secret(*fields, "secret", token_problem,
                                       "write one of secret, secret_env and secret_file")) {
    webhook.vendor_secret = std::move(*secret);
  }
}

void read_github_signature(const Field& field, WebhookConfig& webhook) {
  static constexpr std::array kKeys{std::string_view{"secret"}, std::string_view{"secret_env"},
                                    std::string_view{"secret_file"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (auto secret = read_secret(*fields, "secret", header_value_problem,
                                "write one of secret, secret_env and secret_file"))
    webhook.github_signature = std::move(*secret);
}

void need_vendor_secret(const Fields& fields, std::string_view key, WebhookConfig& webhook) {
  const auto hint =
      fmt::format("format {1} needs one of {0}, {0}_env and {0}_file", key, webhook.format);
  if (auto secret = read_secret(fields, key, token_problem, hint))
    webhook.vendor_secret = std::move(*secret);
}

void read_time_zone(const Field& field, WebhookConfig& webhook) {
  webhook.time_zone = field.text("a name such as Europe/Berlin").value_or("");
  auto zone = webhook.time_zone.empty() ? TimeZone{} : TimeZone::load(webhook.time_zone);
  if (!zone) return field.fail(zone.error());
  webhook.zone = std::move(*zone);
}

void read_own_keys(const Fields& fields, const FormatTraits& format, WebhookConfig& webhook) {
  if (const auto* signing = fields.find("signing")) read_signing(*signing, format.signing, webhook);
  if (const auto* signature = fields.find("github_signature"))
    read_github_signature(*signature, webhook);
  if (!format.secret_key.empty()) need_vendor_secret(fields, format.secret_key, webhook);
  read_vendor_keys(fields, webhook);
  if (webhook.format == "template") {
    const auto* field =
        fields.need("template", "write template: {body: {text: \"{{message.summary}}\"}}");
    if (field != nullptr) webhook.body = read_template(*field);
  }
  if (const auto* field = fields.find("time_zone")) read_time_zone(*field, webhook);
  if (const auto* field = fields.find("alert_duration"))
    webhook.alert_duration = field->duration(kAlertDuration).value_or(webhook.alert_duration);
}

RateLimit read_rate_limit(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"burst"}, std::string_view{"per_second"}};
  RateLimit limit{.burst = 1, .per_second = 1};
  const auto fields = field.fields(kKeys);
  if (!fields) return limit;
  if (const auto* burst = fields->find("burst"))
    limit.burst = burst->number(kBurst).value_or(limit.burst);
  if (const auto* rate =
          fields->need("per_second", "write how many messages a second, such as 0.5"))
    limit.per_second = rate->number(kPerSecond).value_or(limit.per_second);
  return limit;
}

}  // namespace

std::span<const std::string_view> format_keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> keys{"format", "rate_limit"};
    for (const auto& own : own_keys()) keys.push_back(own.key);
    return keys;
  }();
  return kKeys;
}

bool takes_several_urls(const WebhookConfig& webhook) {
  const auto* format = find_format(webhook.format);
  return format != nullptr && format->is_state;
}

void read_format(const Fields& fields, WebhookConfig& webhook) {
  const auto* name = fields.find("format");
  const auto* format = name != nullptr ? read_name(*name) : find_format(webhook.format);
  if (format == nullptr) return;  // without it, nothing that depends on it can be judged
  webhook.format = format->name;
  webhook.max_age = format->max_age;
  webhook.rate_limit = format->rate_limit;
  if (!format->own_url.empty())
    webhook.url = {SecretRef::From::Inline, std::string{format->own_url}};
  refuse_others_keys(fields, format->name);
  read_own_keys(fields, *format, webhook);
  if (const auto* limit = fields.find("rate_limit")) webhook.rate_limit = read_rate_limit(*limit);
}

}  // namespace modelvane
