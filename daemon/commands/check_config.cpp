#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "daemon/commands/commands.h"
#include "daemon/commands/web_config_watch.h"
#include "daemon/config/load_config.h"

namespace modelvane {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int check_config(const CheckConfigOptions& options) {
  if (options.syntax_only && !options.web_config_file.empty()) {
    fmt::print(stderr,
               "modelvane: --syntax-only looks at no certificate: leave --web.config.file out\n");
    return 2;
  }
  const auto config = load_config_and_targets(
      options.config_file, options.syntax_only ? Surroundings::Ignored : Surroundings::Checked);
  const auto protection = load_protection(options.web_config_file);
  if (!config) {
    for (const auto& error : config.error()) fmt::print(stderr, "{}\n", to_text(error));
  }
  if (!protection) fmt::print(stderr, "{}\n", fmt::join(protection.error(), "\n"));
  if (!config || !protection) return 2;
  for (const auto& warning : config->warnings) fmt::print(stderr, "{}\n", to_text(warning));
  if (const auto warning = protection->warning())
    fmt::print(stderr, "{}: warning: {}\n", options.web_config_file, *warning);
  fmt::print("{}: {}, {}, fine\n", options.config_file,
             counted(config->endpoints.size(), "endpoint"),
             counted(config->webhooks.size(), "webhook"));
  const auto urls = std::ranges::count_if(
      config->discovery, [](const DiscoverySource& source) { return !source.url.empty(); });
  if (urls > 0)
    fmt::print("{} of service_discovery: asked only by the daemon\n",
               counted(static_cast<std::size_t>(urls), "URL"));
  if (!options.web_config_file.empty()) fmt::print("{}: fine\n", options.web_config_file);
  return 0;
}

}  // namespace modelvane
