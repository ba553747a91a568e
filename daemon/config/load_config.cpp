#include "daemon/config/load_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "daemon/config/config_file.h"
#include "daemon/config/discovery.h"
#include "daemon/config/discovery_field.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"
#include "daemon/config/include.h"
#include "daemon/config/maintenance_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/storage_field.h"
#include "daemon/config/syntax.h"
#include "daemon/config/webhook_field.h"
#include "daemon/config/yaml_node.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

// What the daemon states to hold (README, limits).
constexpr std::size_t kWebhooksMax = 64;
// Each is asked at once when a down is about to be told.
constexpr std::size_t kConnectivityTargetsMax = 8;
// Files are one per team or per endpoint; reading each takes a look at the disk.
constexpr std::size_t kIncludedFilesMax = 1'000;

constexpr std::string_view kEndpointExample =
    "write at least one endpoint, such as endpoints: [{provider: internlm}]";

constexpr std::array kTopLevelKeys{
    std::string_view{"instance"},
    std::string_view{"defaults"},
    std::string_view{"endpoints"},
    std::string_view{"webhooks"},
    std::string_view{"storage"},
    std::string_view{"egress"},
    std::string_view{"web"},
    std::string_view{"maintenance"},
    std::string_view{"connectivity"},
    std::string_view{"include"},
    std::string_view{"service_discovery"},
    std::string_view{"cluster"},
};

// What is read of `endpoints`, in the main file and in further ones.
struct ReadEndpoints {
  Names names;
  std::vector<Field> places;  // of each endpoint
};

// One past, one heir; and none of somebody who is still there.
void check_renamed(const ReadEndpoints& read, const Config& config) {
  const auto taken = read.names.all();
  std::set<std::string_view> heirs;
  for (std::size_t i = 0; i < read.places.size(); ++i) {
    const auto& was = config.endpoints[i]->was;
    if (was.empty()) continue;
    if (std::ranges::binary_search(taken, was))
      read.places[i].fail(fmt::format("was: there still is an endpoint {}", in_quotes(was)));
    if (!heirs.insert(was).second)
      read.places[i].fail(fmt::format("was: another endpoint was {}, too", in_quotes(was)));
  }
}

void read_endpoints(const Field& field, const EndpointConfig& defaults, ReadEndpoints& read,
                    Config& config) {
  const auto items = field.list("endpoints");
  if (!items) return read.names.miss();
  const auto count = config.endpoints.size() + items->size();
  if (count > config.endpoints_max()) {
    field.fail(fmt::format("must have at most {} endpoints, not {}; run a second modelvane",
                           config.endpoints_max(), count));
    return read.names.miss();
  }
  config.endpoints.reserve(count);
  for (const auto& item : *items) {
    append(config.endpoints, read_endpoint(item, defaults, read.names));
    read.places.push_back(item);
  }
}

// Labels that no endpoint has may be a typing error, which would be noticed only when an event is
// missed; or the endpoints of a team that are yet to come.
bool is_for_any_endpoint(const WebhookConfig& webhook, const Config& config) {
  if (webhook.labels.empty()) return true;
  return std::ranges::any_of(config.endpoints, [&](const auto& endpoint) {
    return labels_match(webhook.labels, endpoint->labels);
  });
}

void read_webhooks(const Field& field, const Names& endpoint_names, Names& names, Config& config) {
  const auto items = field.list("webhooks");
  if (!items) return;
  if (items->size() > kWebhooksMax) {
    field.fail(fmt::format("must have at most {} webhooks, not {}", kWebhooksMax, items->size()));
    return;
  }
  for (const auto& item : *items) {
    auto members = read_webhook(item, endpoint_names, names);
    if (!members.empty() && endpoint_names.is_complete() &&
        !is_for_any_endpoint(members.front(), config))
      item.warn("labels: no endpoint has all of them, so it hears of none");
    std::ranges::move(members, std::back_inserter(config.webhooks));
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

void read_file(IncludedFile& further, std::size_t& bytes) {
  const auto text = read_config_file(further.findings.file());
  bytes += text ? text->size() : 0;
  // The bound of one file is that of all together.
  auto root = !text ? std::unexpected{text.error()}
                    : parse_config_file(*text, further.findings.file(), bytes);
  if (root) {
    further.root = std::move(*root);
  } else {
    further.errors = std::move(root.error());
  }
}

// The further files, read. Errors of the globs are the main file's.
std::deque<IncludedFile> read_include(const Field& field, std::size_t bytes, Config& config) {
  std::deque<IncludedFile> all;
  auto& findings = field.findings();
  config.include = read_globs_of_files(field, "[conf.d/*.yml]");
  const auto files = files_matching(config.include);
  if (files.size() > kIncludedFilesMax) {
    field.fail(fmt::format("must name at most {} files, not {}", kIncludedFilesMax, files.size()));
    return all;
  }
  const auto main = stamp_of(findings.file());
  for (const auto& file : files) {
    auto stamp = stamp_of(file);
    if (main && stamp && main->device == stamp->device && main->inode == stamp->inode) {
      field.fail(
          fmt::format("names this file itself; keep the others in a folder of their own, "
                      "such as conf.d/*.yml"));
      continue;
    }
    config.files[file] = std::move(stamp);
    auto& further = all.emplace_back(
        file, findings.checks_surroundings() ? Surroundings::Checked : Surroundings::Ignored);
    read_file(further, bytes);
  }
  return all;
}

// The maps of the further files; what else stands in them belongs into the main one.
std::vector<Fields> further_fields(std::deque<IncludedFile>& files, const std::string& main) {
  std::vector<Fields> all;
  for (auto& file : files) {
    if (!file.root || file.root->kind == YamlNode::Kind::Null) continue;
    const Field whole{*file.root, file.root->at, "", file.findings};
    auto fields = whole.fields(kTopLevelKeys);
    if (!fields) continue;
    for (const auto key : kTopLevelKeys) {
      const auto* found = key == "endpoints" || key == "webhooks" ? nullptr : fields->find(key);
      if (found != nullptr)
        found->fail(fmt::format(
            "belongs into {}; a further file holds endpoints and webhooks alone", main));
    }
    all.push_back(std::move(*fields));
  }
  return all;
}

// A file that cannot be read may name endpoints.
bool is_complete(const std::deque<IncludedFile>& files) {
  return std::ranges::all_of(files, [](const auto& file) { return file.errors.empty(); });
}

void read_all_endpoints(const Fields& fields, std::span<const Fields> further,
                        const EndpointConfig& defaults, ReadEndpoints& read, Config& config) {
  const auto* include = fields.find("include");
  const bool has_others = include != nullptr || fields.find("service_discovery") != nullptr;
  const auto* own =
      has_others ? fields.find("endpoints") : fields.need("endpoints", kEndpointExample);
  if (own != nullptr) {
    read_endpoints(*own, defaults, read, config);
    if (!has_others && own->is_list() && own->node().items.empty())
      own->fail(fmt::format("there is no endpoint; {}", kEndpointExample));
  } else if (!has_others) {
    read.names.miss();
  }
  for (const auto& file : further) {
    if (const auto* field = file.find("endpoints")) read_endpoints(*field, defaults, read, config);
  }
  // Which targets there will be is not known.
  if (fields.find("service_discovery") != nullptr) {
    read.names.miss();
  } else if (include != nullptr && config.endpoints.empty() && read.names.is_complete()) {
    include->fail(fmt::format("there is no endpoint in any file; {}", kEndpointExample));
  }
}

void read_all(const Fields& fields, std::span<const Fields> further, bool is_all, Config& config) {
  if (const auto* field = fields.find("instance")) read_instance(*field, config);
  // How many endpoints there may be depends on where they are kept.
  if (const auto* field = fields.find("storage")) read_storage(*field, config);
  const auto* defaults = fields.find("defaults");
  const auto base = defaults != nullptr ? read_defaults(*defaults) : EndpointConfig{};
  ReadEndpoints endpoints;
  if (!is_all) endpoints.names.miss();
  read_all_endpoints(fields, further, base, endpoints, config);
  check_renamed(endpoints, config);
  if (const auto* field = fields.find("service_discovery"))
    config.discovery = read_discovery(*field, base);
  Names webhooks;
  if (const auto* field = fields.find("webhooks"))
    read_webhooks(*field, endpoints.names, webhooks, config);
  for (const auto& file : further) {
    if (const auto* field = file.find("webhooks"))
      read_webhooks(*field, endpoints.names, webhooks, config);
  }
  if (const auto* field = fields.find("connectivity")) read_connectivity(*field, config);
  if (const auto* field = fields.find("maintenance"))
    config.maintenance = read_maintenance(*field, endpoints.names);
  if (const auto* field = fields.find("egress")) read_egress(*field, config);
  if (const auto* field = fields.find("web")) read_web(*field, config);
  if (const auto* field = fields.find("cluster")) read_cluster(*field, config);
  check_sharing(fields, config);
}

}  // namespace

std::expected<Config, std::vector<ConfigError>> parse_config(std::string_view yaml,
                                                             const std::string& file,
                                                             Surroundings surroundings) {
  const auto root = parse_config_file(yaml, file, yaml.size());
  if (!root) return std::unexpected{root.error()};
  Findings findings{file, surroundings};
  Config config;
  std::deque<IncludedFile> files;
  if ((*root)->kind == YamlNode::Kind::Null) {
    findings.add({}, "", fmt::format("the file is empty; {}", kEndpointExample));
  } else if (const auto fields = Field{**root, (*root)->at, "", findings}.fields(kTopLevelKeys)) {
    if (const auto* include = fields->find("include"))
      files = read_include(*include, yaml.size(), config);
    const auto further = further_fields(files, file);
    read_all(*fields, further, is_complete(files), config);
  }
  auto errors = findings.take();
  for (auto& each : files) {
    std::ranges::move(each.errors, std::back_inserter(errors));
    std::ranges::move(each.findings.take(), std::back_inserter(errors));
  }
  if (!errors.empty()) return std::unexpected{std::move(errors)};
  config.warnings = findings.take_warnings();
  for (auto& each : files)
    std::ranges::move(each.findings.take_warnings(), std::back_inserter(config.warnings));
  return config;
}

std::expected<Config, std::vector<ConfigError>> load_config(const std::string& path,
                                                            Surroundings surroundings) {
  auto stamp = stamp_of(path);
  const auto text = read_config_file(path);
  if (!text) return std::unexpected{text.error()};
  auto config = parse_config(*text, path, surroundings);
  if (config) config->files[path] = std::move(stamp);
  return config;
}

std::expected<Config, std::vector<ConfigError>> load_config_and_targets(const std::string& path,
                                                                        Surroundings surroundings) {
  auto config = load_config(path, surroundings);
  if (!config) return config;
  if (auto added = add_from_files(*config, surroundings); !added)
    return std::unexpected{std::move(added.error())};
  return config;
}

}  // namespace modelvane
