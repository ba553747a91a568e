// Commands print to the process's own streams: tests read what they printed from a file.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace modelvane::test {

// Redirects one of the standard streams into a file while it lives.
class Capture {
 public:
  Capture(std::FILE* stream, const std::string& path)
      : stream_(stream), saved_(opened(::dup(::fileno(stream)))) {
    std::fflush(stream_);
    const int file = opened(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ::dup2(file, ::fileno(stream_));
    ::close(file);
  }
  ~Capture() {
    std::fflush(stream_);
    ::dup2(saved_, ::fileno(stream_));
    ::close(saved_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

 private:
  static int opened(int descriptor) {
    if (descriptor < 0)
      throw std::system_error(errno, std::generic_category(),
                              "no descriptor to capture output with");
    return descriptor;
  }

  std::FILE* stream_;
  int saved_;
};

}  // namespace modelvane::test
