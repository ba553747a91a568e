#include "daemon/config/file_field.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/config/spelling.h"

namespace modelvane {

std::string read_file_name(const Field& field) {
  const auto text = field.text("the path of a file");
  if (!text) return "";
  auto path = field.findings().resolve(*text);
  if (!field.findings().checks_surroundings()) return path;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    field.fail(fmt::format("there is no file {}", in_quotes(path)));
  } else if (!std::filesystem::is_regular_file(path, error)) {
    field.fail(fmt::format("{} is not a regular file", in_quotes(path)));
  } else if (::access(path.c_str(), R_OK) != 0) {
    field.fail(fmt::format("the file {} is not readable for this user", in_quotes(path)));
  }
  return path;
}

}  // namespace modelvane
