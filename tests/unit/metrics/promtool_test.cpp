// Prometheus's own checker on what we render. It is required, not optional: a skipped check
// protects nothing.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "daemon/metrics/metrics.h"
#include "tests/unit/metrics/sample_snapshot.h"

using namespace modelvane;

namespace {

struct Verdict {
  int exit_code = -1;
  std::string output;
};

Verdict promtool(const std::string& metrics) {
  std::string path = "/tmp/modelvane-promtool-XXXXXX";
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream{path, std::ios::binary} << metrics;
  Verdict verdict;
  FILE* const pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    verdict.output.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  verdict.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ::unlink(path.c_str());
  return verdict;
}

}  // namespace

TEST_CASE("promtool finds nothing to say about the metrics") {
  const auto verdict = promtool(render_metrics(sample::snapshot()));
  INFO(verdict.output);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.output.empty());
}

TEST_CASE("promtool is there and does complain about bad metrics") {
  CHECK(promtool("# TYPE no_help gauge\nno_help 1\n").exit_code == 3);
  CHECK(promtool("not metrics at all\n").exit_code == 1);
}

TEST_CASE("hostile names do not break the text for promtool") {
  auto view = sample::internlm();
  view.name = "e\"\\\n{}\xff";
  view.labels = {{"team", "\xed\xa0\x80\n"}};
  KnownView known;
  known.has_baseline = true;
  known.aliases = {sample::alias("a\"} 1\nmodelvane_fake 1\n", std::string(5000, '\xfe'))};
  view.known = std::make_shared<const KnownView>(known);
  const auto verdict = promtool(render_metrics(sample::snapshot_of({view}, {})));
  INFO(verdict.output);
  CHECK(verdict.exit_code == 0);
}
