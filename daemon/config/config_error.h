// What is wrong with a configuration file, and where.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modelvane {

struct ConfigError {
  std::string file;
  int line = 0;  // 1-based; 0 = the file as a whole
  int column = 0;
  std::string sentence;
};
// "file:line:column: sentence"
std::string to_text(const ConfigError& error);
std::string joined(std::span<const ConfigError> errors, std::string_view separator);

}  // namespace modelvane
