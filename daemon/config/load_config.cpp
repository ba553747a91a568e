#include "daemon/config/load_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "daemon/config/config_file.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"
#include "daemon/config/maintenance_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/storage_field.h"
#include "daemon/config/syntax.h"
#include "daemon/config/webhook_field.h"
#include "daemon/config/yaml_node.h"

namespace modelvane {
namespace {

// What the daemon states to hold (README, limits).
constexpr std::size_t kEndpointsMax = 10'000;
constexpr std::size_t kWebhooksMax = 64;
// Each is asked at once when a down is about to be told.
constexpr std::size_t kConnectivityTargetsMax = 8;

constexpr std::string_view kEndpointExample =
    "write at least one, such as endpoints: [{provider: internlm}]";

// One past, one heir; and none of somebody who is still there.
void check_renamed(const std::vector<Field>& items, const Names& names, const Config& config) {
  const auto taken = names.all();
  std::set<std::string_view> heirs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& was = config.endpoints[i].was;
    if (was.empty()) continue;
    if (std::ranges::find(taken, was) != taken.end())
      items[i].fail(fmt::format("was: there still is an endpoint {}", in_quotes(was)));
    if (!heirs.insert(was).second)
      items[i].fail(fmt::format("was: another endpoint was {}, too", in_quotes(was)));
  }
}

void read_endpoints(const Field& field, const EndpointConfig& defaults, Names& names,
                    Config& config) {
  const auto items = field.list("endpoints");
  if (!items) return names.miss();
  if (items->empty()) field.fail(fmt::format("there is no endpoint; {}", kEndpointExample));
  if (items->size() > kEndpointsMax) {
    field.fail(fmt::format("must have at most {} endpoints, not {}; run a second modelvane",
                           kEndpointsMax, items->size()));
    return names.miss();
  }
  config.endpoints.reserve(items->size());
  for (const auto& item : *items) config.endpoints.push_back(read_endpoint(item, defaults, names));
  check_renamed(*items, names, config);
}

void read_webhooks(const Field& field, const Names& endpoint_names, Config& config) {
  const auto items = field.list("webhooks");
  if (!items) return;
  if (items->size() > kWebhooksMax) {
    field.fail(fmt::format("must have at most {} webhooks, not {}", kWebhooksMax, items->size()));
    return;
  }
  Names names;
  for (const auto& item : *items) {
    for (auto& webhook : read_webhook(item, endpoint_names, names))
      config.webhooks.push_back(std::move(webhook));
  }
  if (config.webhooks.size() > kWebhooksMax) {
    field.fail(fmt::format("must have at most {} webhooks, counting each of urls, not {}",
                           kWebhooksMax, config.webhooks.size()));
  }
}

std::vector<AddressRange> read_ranges(const Field& field) {
  std::vector<AddressRange> ranges;
  const auto list = field.list("ranges of addresses, such as 10.0.0.0/8");
  if (!list) return ranges;
  for (const auto& each : *list) {
    const auto text = each.text("a range of addresses such as 10.0.0.0/8");
    if (!text) continue;
    if (auto range = parse_address_range(*text)) {
      ranges.push_back(std::move(*range));
    } else {
      each.fail(fmt::format("must be {}, not {}", range.error(), in_quotes(*text)));
    }
  }
  return ranges;
}

void read_egress(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"allow"}, std::string_view{"deny"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* allow = fields->find("allow")) config.egress.allow = read_ranges(*allow);
  if (const auto* deny = fields->find("deny")) config.egress.deny = read_ranges(*deny);
}

void read_instance(const Field& field, Config& config) {
  config.instance = field.text("a name for this installation, such as prod-a").value_or("");
  if (!config.instance.empty() && !is_name(config.instance)) {
    field.fail(
        fmt::format("must be 1 to 63 letters, digits, \".\", \"_\" and \"-\", starting with a "
                    "letter or digit, not {}",
                    in_quotes(config.instance)));
  }
}

void read_web(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"read_only_users"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* users = fields->find("read_only_users"))
    config.read_only_users = users->texts("names of users").value_or(std::vector<std::string>{});
}

void read_connectivity(const Field& field, Config& config) {
  static constexpr std::array kKeys{std::string_view{"targets"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  const auto* targets = fields->need("targets", "name some, such as targets: [\"192.0.2.1:53\"]");
  const auto items =
      targets != nullptr ? targets->list("targets, such as [\"192.0.2.1:53\"]") : std::nullopt;
  if (!items) return;
  if (items->empty() || items->size() > kConnectivityTargetsMax)
    targets->fail(fmt::format("must name 1 to {} targets", kConnectivityTargetsMax));
  for (const auto& item : *items) {
    auto target = item.text("host:port");
    if (!target) continue;
    const auto url = fmt::format("http://{}/", *target);
    const bool has_port = target->rfind(':') != std::string::npos && !target->ends_with(']') &&
                          target->find('/') == std::string::npos;
    if (!has_port || url_problem(url)) item.fail("must be host:port, such as 192.0.2.1:53");
    config.connectivity_targets.push_back(std::move(*target));
  }
}

Config read_config(const YamlNode& root, Findings& findings) {
  static constexpr std::array kKeys{
      std::string_view{"instance"},     std::string_view{"defaults"},
      std::string_view{"endpoints"},    std::string_view{"webhooks"},
      std::string_view{"storage"},      std::string_view{"egress"},
      std::string_view{"web"},          std::string_view{"maintenance"},
      std::string_view{"connectivity"}, std::string_view{"cluster"}};
  Config config;
  if (root.kind == YamlNode::Kind::Null) {
    findings.add({}, "", fmt::format("the file is empty; {}", kEndpointExample));
    return config;
  }
  const Field whole{root, root.at, "", findings};
  const auto fields = whole.fields(kKeys);
  if (!fields) return config;
  if (const auto* field = fields->find("instance")) read_instance(*field, config);
  const auto* defaults = fields->find("defaults");
  const auto base = defaults != nullptr ? read_defaults(*defaults) : EndpointConfig{};
  Names endpoint_names;
  if (const auto* field = fields->need("endpoints", kEndpointExample)) {
    read_endpoints(*field, base, endpoint_names, config);
  } else {
    endpoint_names.miss();
  }
  if (const auto* field = fields->find("webhooks")) read_webhooks(*field, endpoint_names, config);
  if (const auto* field = fields->find("connectivity")) read_connectivity(*field, config);
  if (const auto* field = fields->find("maintenance"))
    config.maintenance = read_maintenance(*field, endpoint_names);
  if (const auto* field = fields->find("storage")) read_storage(*field, config);
  if (const auto* field = fields->find("egress")) read_egress(*field, config);
  if (const auto* field = fields->find("web")) read_web(*field, config);
  if (const auto* field = fields->find("cluster")) read_cluster(*field, config);
  check_sharing(*fields, config);
  return config;
}

}  // namespace

std::expected<Config, std::vector<ConfigError>> parse_config(std::string_view yaml,
                                                             const std::string& file,
                                                             Surroundings surroundings) {
  const auto root = parse_config_file(yaml, file);
  if (!root) return std::unexpected{root.error()};
  Findings findings{file, surroundings};
  auto config = read_config(**root, findings);
  if (!findings.empty()) return std::unexpected{findings.take()};
  return config;
}

std::expected<Config, std::vector<ConfigError>> load_config(const std::string& path,
                                                            Surroundings surroundings) {
  const auto text = read_config_file(path);
  if (!text) return std::unexpected{text.error()};
  return parse_config(*text, path, surroundings);
}

}  // namespace modelvane
