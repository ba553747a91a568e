#include "daemon/config/config_error.h"

#include <fmt/format.h>

namespace modelvane {

std::string to_text(const ConfigError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.file, error.sentence);
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.sentence);
}

std::string joined(std::span<const ConfigError> errors, std::string_view separator) {
  std::string all;
  for (const auto& error : errors) {
    if (!all.empty()) all += separator;
    all += to_text(error);
  }
  return all;
}

}  // namespace modelvane
