#include "daemon/commands/probe_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/config/load_config.h"
#include "daemon/config/providers.h"
#include "daemon/config/recognise.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

bool is_url(const std::string& target) {
  return target.find("://") != std::string::npos;
}

// The only secret that a preset brings along; without it many lists can be read all the same.
void drop_missing_key(EndpointConfig& endpoint) {
  const auto is_missing = [](const SecretRef& secret) {
    const bool is_unset =
        secret.from == SecretRef::From::Env && std::getenv(secret.where.c_str()) == nullptr;
    if (is_unset) fmt::print(stderr, "modelvane: {} is not set: no key is sent\n", secret.where);
    return is_unset;
  };
  auto& access = endpoint.access.edit();
  if (access.authorization && is_missing(access.authorization->credentials))
    access.authorization.reset();
  std::erase_if(access.http_headers, [&](const auto& header) { return is_missing(header.second); });
}

// As if it stood in a configuration by itself.
std::expected<EndpointConfig, std::string> endpoint_of_preset(const std::string& provider,
                                                              const std::string& url) {
  Json endpoint{{"provider", provider}};
  if (!url.empty()) endpoint["url"] = url;
  const auto config = parse_config(Json{{"endpoints", Json::array({endpoint})}}.dump(), provider,
                                   Surroundings::Ignored);
  if (!config) return std::unexpected(joined(config.error(), "\n"));
  EndpointConfig made = config->endpoints.front();
  drop_missing_key(made);
  return made;
}

EndpointConfig endpoint_of_url(const std::string& url) {
  const auto* preset = provider_of_url(url);
  if (preset != nullptr) {
    if (auto endpoint = endpoint_of_preset(preset->name, url)) return std::move(*endpoint);
  }
  EndpointConfig endpoint;
  endpoint.name = url.substr(0, url.find('?'));
  endpoint.url = url;
  if (preset != nullptr) endpoint.provider = preset->name;
  endpoint.reading =
      reading_of(preset != nullptr ? *preset : *find_provider("openai-compatible"), url);
  return endpoint;
}

// Without a file, names are those of providers.
bool needs_config(const ProbeOptions& options) {
  const auto is_known = [](const std::string& target) {
    return is_url(target) || find_provider(target) != nullptr;
  };
  if (options.targets.empty() || !std::ranges::all_of(options.targets, is_known)) return true;
  const bool are_urls = std::ranges::all_of(options.targets, is_url);
  std::error_code error;
  return !are_urls && std::filesystem::exists(options.config_file, error);
}

}  // namespace

std::expected<ProbeTargets, std::string> probe_targets(const ProbeOptions& options) {
  Config config;
  if (needs_config(options)) {
    auto loaded = load_config_and_targets(options.config_file, Surroundings::Ignored);
    if (!loaded) return std::unexpected(joined(loaded.error(), "\n"));
    config = std::move(*loaded);
  }
  ProbeTargets targets{.endpoints = {}, .egress = config.egress};
  if (options.targets.empty()) {
    targets.endpoints.assign(config.endpoints.begin(), config.endpoints.end());
    return targets;
  }
  for (const auto& target : options.targets) {
    if (is_url(target)) {
      targets.endpoints.push_back(endpoint_of_url(target));
      continue;
    }
    const auto found = std::ranges::find(config.endpoints, target,
                                         [](const auto& endpoint) { return endpoint->name; });
    if (found != config.endpoints.end()) {
      targets.endpoints.push_back(*found);
      continue;
    }
    if (find_provider(target) == nullptr) {
      return std::unexpected(
          fmt::format("modelvane: {} has no endpoint \"{}\"; give one of its names, a provider "
                      "(`modelvane providers`) or a URL",
                      options.config_file, target));
    }
    auto endpoint = endpoint_of_preset(target, "");
    if (!endpoint) return std::unexpected(endpoint.error());
    targets.endpoints.push_back(std::move(*endpoint));
  }
  return targets;
}

}  // namespace modelvane
