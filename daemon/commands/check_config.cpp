#include <fmt/format.h>

#include <cstdio>

#include "daemon/commands/commands.h"
#include "daemon/config/config.h"

namespace modelvane {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int check_config(const std::string& file) {
  const auto config = load_config(file);
  if (!config) {
    for (const auto& error : config.error()) fmt::print(stderr, "{}\n", to_text(error));
    return 2;
  }
  fmt::print("{}: {}, {}, fine\n", file, counted(config->endpoints.size(), "endpoint"),
             counted(config->webhooks.size(), "webhook"));
  return 0;
}

}  // namespace modelvane
