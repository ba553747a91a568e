#include "daemon/config/secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>

#include "daemon/config/file_stamp.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

// Far above every key, token or URL; a secret file that is longer is the wrong file.
constexpr std::size_t kSecretFileBytesMax = 64 * 1024;
// Three per endpoint at most in practice; a cache that is full starts anew.
constexpr std::size_t kCachedFilesMax = 65'536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

struct CachedFile {
  FileStamp stamp;
  std::string value;
  std::string_view left_out;  // of it
};

struct FileCache {
  std::mutex mutex;
  std::map<std::string, CachedFile> files;  // guarded by mutex
};

FileCache& file_cache() {
  static FileCache cache;
  return cache;
}

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

// What editors, shells and other systems put around a secret and nobody means: the mark at the
// beginning of a file that a Windows program wrote, blanks, the end of the line.
std::string_view bare(std::string_view value) {
  if (value.starts_with(kByteOrderMark)) value.remove_prefix(kByteOrderMark.size());
  return trimmed(value, kBlanks);
}

bool is_in_quotes(std::string_view value) {
  return value.size() >= 2 && value.front() == value.back() &&
         (value.front() == '"' || value.front() == '\'');
}

std::expected<std::string, std::string> cleaned(std::string_view text, const std::string& source) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return std::unexpected{fmt::format("{} is UTF-16 text; write it as UTF-8", source)};
  const std::string value{bare(text)};
  if (value.empty()) return std::unexpected{fmt::format("{} is empty", source)};
  if (value.size() > kSecretFileBytesMax)
    return std::unexpected{fmt::format("{} is longer than {} bytes", source, kSecretFileBytesMax)};
  // In a header such a value would start another header.
  if (value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) {
    return std::unexpected{fmt::format(
        "{} has a line break or a zero byte inside; it must be one line of text", source)};
  }
  return value;
}

// YAML takes quotes off, shells too; an --env-file of Docker and a file keep them, and a server
// would be sent them.
std::expected<std::string, std::string> cleaned_from_outside(std::string_view text,
                                                             const std::string& source) {
  auto value = cleaned(text, source);
  if (value && is_in_quotes(*value)) {
    return std::unexpected{fmt::format(
        "{} has quotes around its value; they would be sent, too: take them off", source)};
  }
  return value;
}

// A text that is no usual variable name may be the secret itself, put under the wrong key.
std::string variable(const std::string& name) {
  const bool is_usual = std::ranges::all_of(
      name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
  return is_usual ? fmt::format("environment variable {}", name)
                  : "the environment variable that is named here";
}

std::expected<std::string, std::string> read_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // nothing in this process calls setenv
  if (value == nullptr) return std::unexpected{fmt::format("{} is not set", variable(name))};
  return cleaned_from_outside(value, variable(name));
}

std::expected<std::string, std::string> read_all(int fd, const std::string& source) {
  std::string value;
  std::array<char, 4096> chunk{};
  while (value.size() <= kSecretFileBytesMax) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got == 0) return value;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected{fmt::format("cannot read {}: {}", source, reason(errno))};
    value.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return value;
}

// Of a text as it stands somewhere.
std::string_view left_out_of(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) return "bytes of a byte-order mark";
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text == trimmed(text, kBlanks) ? "" : "blanks";
}

std::expected<CachedFile, std::string> read_file(const std::string& path) {
  const auto source = fmt::format("file \"{}\"", path);
  auto& cache = file_cache();
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    const std::lock_guard lock{cache.mutex};
    const auto found = cache.files.find(path);
    if (found != cache.files.end() && found->second.stamp == stamp_of(status)) return found->second;
  }
  // Without O_NONBLOCK a FIFO would hold the caller until somebody writes.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.get() < 0)
    return std::unexpected{fmt::format("cannot read {}: {}", source, reason(errno))};
  if (::fstat(file.get(), &status) != 0)
    return std::unexpected{fmt::format("cannot read {}: {}", source, reason(errno))};
  if (!S_ISREG(status.st_mode))
    return std::unexpected{fmt::format("{} is not a regular file", source)};
  const auto text = read_all(file.get(), source);
  if (!text) return std::unexpected{text.error()};
  auto value = cleaned_from_outside(*text, source);
  if (!value) return std::unexpected{std::move(value.error())};
  CachedFile read{stamp_of(status), std::move(*value), left_out_of(*text)};
  const std::lock_guard lock{cache.mutex};
  if (cache.files.size() >= kCachedFilesMax) cache.files.clear();
  return cache.files[path] = std::move(read);
}

}  // namespace

std::string_view left_out(const SecretRef& secret) {
  if (secret.from == SecretRef::From::File) {
    const auto file = read_file(secret.where);
    return file ? file->left_out : "";
  }
  if (secret.from != SecretRef::From::Env) return left_out_of(secret.where);
  const char* value = std::getenv(secret.where.c_str());
  return value == nullptr ? "" : left_out_of(value);
}

std::expected<std::string, std::string> reveal(const SecretRef& secret) {
  switch (secret.from) {
    case SecretRef::From::None: return std::unexpected{std::string{"no secret is configured"}};
    case SecretRef::From::Inline: return cleaned(secret.where, "the value");
    case SecretRef::From::Env: return read_environment(secret.where);
    case SecretRef::From::File: {
      auto file = read_file(secret.where);
      if (!file) return std::unexpected{std::move(file.error())};
      return std::move(file->value);
    }
  }
  return std::unexpected{std::string{"no secret is configured"}};
}

}  // namespace modelvane
