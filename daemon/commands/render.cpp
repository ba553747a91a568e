// What a webhook would be sent for an event, without sending it. Secrets are masked wherever they
// stand, so that the output can be shown to others.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"
#include "daemon/config/access.h"
#include "daemon/config/load_config.h"
#include "daemon/config/secret.h"
#include "daemon/engine/clock.h"
#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"
#include "daemon/notify/notify.h"
#include "daemon/text/url.h"
#include "daemon/transport/target.h"

namespace modelvane {
namespace {

constexpr std::string_view kMask = "********";
// Shorter values are found everywhere; they protect nothing either.
constexpr std::size_t kSecretBytesMin = 4;

void add(std::vector<std::string>& secrets, const SecretRef& reference) {
  auto secret = reveal(reference);
  if (!secret || secret->size() < kSecretBytesMin) return;
  // As it stands in a URL or a form.
  if (auto encoded = percent_encode(*secret); encoded != *secret)
    secrets.push_back(std::move(encoded));
  secrets.push_back(std::move(*secret));
}

std::vector<std::string> secrets_of(const WebhookConfig& webhook) {
  std::vector<std::string> secrets;
  add(secrets, webhook.url);
  for (const auto& secret : webhook.signing_secrets) add(secrets, secret);
  add(secrets, webhook.github_signature);
  add(secrets, webhook.vendor_secret);
  for (const auto& [name, secret] : webhook.body.secrets) add(secrets, secret);
  for (const auto* secret : secrets_of(webhook.access)) add(secrets, *secret);
  // The longest first: one may hold another.
  std::ranges::sort(secrets, [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return secrets;
}

std::string masked(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    for (auto place = text.find(secret); place != std::string::npos;
         place = text.find(secret, place + kMask.size())) {
      text.replace(place, secret.size(), kMask);
    }
  }
  return text;
}

// Path and query of most receivers are credentials.
std::string masked_url(const std::string& url) {
  const auto target = parse_target(url);
  return target ? fmt::format("{}://{}/{}", target->scheme, authority(*target), kMask)
                : std::string{kMask};
}

std::expected<StoredEvent, std::string> find_event(const RenderOptions& options,
                                                   const std::string& instance, Time now) {
  if (const auto type = kEventTypes.parse(options.event)) {
    auto event = sample_event(*type, instance, now, 0);
    return StoredEvent{.sequence = 0,
                       .id = event.id,
                       .type = *type,
                       .endpoint = event.endpoint,
                       .alias = event.about(),
                       .time = now,
                       .json = to_cloudevent(event, "urn:modelvane:" + instance)};
  }
  const auto source = open_source(options.place);
  if (source) return event_called(**source, options.event);
  return std::unexpected(
      fmt::format("{} is no event type, such as alias.moved, and no stored event can be read: {}",
                  cell(options.event), source.error()));
}

void print(const HttpRequest& request, const std::vector<std::string>& secrets) {
  fmt::print("{} {}\n", request.method, masked_url(request.url));
  for (const auto& [name, value] : request.headers)
    fmt::print("{}: {}\n", name, masked(value, secrets));
  if (!request.basic_username.empty()) fmt::print("Authorization: Basic {}\n", kMask);
  fmt::print("\n{}\n", masked(request.body, secrets));
}

}  // namespace

int render(const RenderOptions& options) {
  const auto config = load_config_and_targets(options.config_file, Surroundings::Ignored);
  if (!config) {
    for (const auto& error : config.error()) fmt::print(stderr, "{}\n", to_text(error));
    return kUsageError;
  }
  const auto webhook = std::ranges::find(config->webhooks, options.webhook, &WebhookConfig::name);
  if (webhook == config->webhooks.end()) {
    std::string names;
    for (const auto& each : config->webhooks) names += (names.empty() ? "" : ", ") + each.name;
    return fail(kUsageError, fmt::format("{} has no webhook {}; it has {}", options.config_file,
                                         cell(options.webhook), names.empty() ? "none" : names));
  }
  const Time now = SystemClock{}.wall();
  const auto instance = config->instance.empty() ? "modelvane" : config->instance;
  const auto event = find_event(options, instance, now);
  if (!event) return fail(kFailed, event.error());
  const auto request =
      make_request(*webhook, std::array{&*event}, {options.external_url, instance}, now);
  if (!request) return fail(kFailed, request.error());
  print(*request, secrets_of(*webhook));
  return 0;
}

}  // namespace modelvane
