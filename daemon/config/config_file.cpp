#include "daemon/config/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

// 20,000 endpoints fit into a quarter of this; whatever is larger is not a configuration.
constexpr std::size_t kFileBytesMax = std::size_t{4} * 1024 * 1024;

using Errors = std::vector<ConfigError>;

std::unexpected<Errors> file_error(const std::string& path, std::string sentence) {
  return std::unexpected{Errors{{path, 0, 0, std::move(sentence)}}};
}

}  // namespace

std::expected<std::string, std::vector<ConfigError>> read_config_file(const std::string& path) {
  const auto reason = [] { return std::generic_category().message(errno); };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return file_error(path, fmt::format("cannot open the configuration file: {}", reason()));
  struct stat status{};
  if (::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    ::close(fd);
    return file_error(path, "this is a directory, not a configuration file");
  }
  std::string text;
  std::array<char, 16 * 1024> chunk{};
  while (text.size() <= kFileBytesMax) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto error =
          file_error(path, fmt::format("cannot read the configuration file: {}", reason()));
      ::close(fd);
      return error;
    }
    if (got == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

std::expected<YamlNodePtr, std::vector<ConfigError>> parse_config_file(std::string_view yaml,
                                                                       const std::string& file) {
  if (yaml.size() > kFileBytesMax) {
    return file_error(
        file, fmt::format("the configuration is larger than {}; split it over several daemons",
                          size_text(kFileBytesMax)));
  }
  auto root = parse_yaml(yaml);
  if (!root)
    return std::unexpected{
        Errors{{file, root.error().at.line, root.error().at.column, root.error().sentence}}};
  return std::move(*root);
}

}  // namespace modelvane
