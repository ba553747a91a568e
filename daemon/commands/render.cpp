// What a webhook would be sent for an event, without sending it. Secrets are masked wherever they
// stand, so that the output can be shown to others.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/source.h"
#include "daemon/commands/table.h"
#include "daemon/config/load_config.h"
#include "daemon/engine/clock.h"
#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"
#include "daemon/notify/mask.h"
#include "daemon/notify/notify.h"
#include "daemon/transport/target.h"

namespace modelvane {
namespace {

constexpr std::string_view kMask = "********";
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

void print(const HttpRequest& request, const Mask& mask) {
  fmt::print("{} {}\n", request.method, masked_url(request.url));
  for (const auto& [name, value] : request.headers)
    fmt::print("{}: {}\n", name, mask.apply(value, kMask));
  if (!request.basic_username.empty()) fmt::print("Authorization: Basic {}\n", kMask);
  fmt::print("\n{}\n", mask.apply(request.body, kMask));
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
  print(*request, Mask{*webhook});
  return 0;
}

}  // namespace modelvane
