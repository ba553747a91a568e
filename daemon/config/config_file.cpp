#include "daemon/config/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

// 10,000 endpoints with secrets, labels, pins and certificates of their own take 6 MiB to 10 MiB;
// whatever is larger than this is not a configuration.
constexpr std::size_t kFileBytesMax = std::size_t{32} * 1024 * 1024;
// A file that comes out of a pipe (`check-config <(make-config)`) is waited for: what makes it may
// ask a store of secrets first. One that says nothing for so long hangs.
constexpr int kPipePatienceMilliseconds = 60'000;
// A named pipe has no writer yet when its reader comes first. Nobody may ever come.
constexpr int kWriterPatienceMilliseconds = 2'000;

using Errors = std::vector<ConfigError>;

std::unexpected<Errors> file_error(const std::string& path, std::string sentence) {
  return std::unexpected{Errors{{path, 0, 0, std::move(sentence)}}};
}

// False, with a reason in errno, when the other end of a pipe is silent for too long.
bool has_more_to_come(int fd, int patience = kPipePatienceMilliseconds) {
  pollfd pipe{.fd = fd, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&pipe, 1, patience);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  return ready > 0;
}

}  // namespace

std::expected<std::string, std::vector<ConfigError>> read_config_file(const std::string& path) {
  const auto reason = [] { return std::generic_category().message(errno); };
  // Without O_NONBLOCK a named pipe that nobody writes to would hold a reload for ever.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return file_error(path, fmt::format("cannot open the configuration file: {}", reason()));
  struct stat status{};
  if (::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    ::close(fd);
    return file_error(path, "this is a directory, not a configuration file");
  }
  // Without a writer it would look like an empty file.
  if (S_ISFIFO(status.st_mode)) (void)has_more_to_come(fd, kWriterPatienceMilliseconds);
  std::string text;
  std::array<char, 16 * 1024> chunk{};
  while (text.size() <= kFileBytesMax) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN && has_more_to_come(fd)) continue;
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
                                                                       const std::string& file,
                                                                       std::size_t bytes) {
  if (std::max(yaml.size(), bytes) > kFileBytesMax) {
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
