#include "tests/unit/metrics/checker.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace modelvane::test {

Checked check_by(const std::string& command, const std::string& text) {
  std::string path = "/tmp/modelvane-checked-XXXXXX";
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream{path, std::ios::binary} << text;
  Checked verdict;
  FILE* const pipe = ::popen((command + " < " + path + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    verdict.output.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  verdict.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ::unlink(path.c_str());
  return verdict;
}

}  // namespace modelvane::test
