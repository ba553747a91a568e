#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace std::chrono_literals;
using namespace system_test;

namespace {

// The story takes a minute of real time; this is for machines that are busy with other tests.
constexpr auto kStory = 180s;

// A demo whose temporary files lie where the test can see them.
struct Demo {
  TempFolder folder;
  Process process;

  explicit Demo(std::vector<std::string> more = {})
      : process({.arguments =
                     [&] {
                       std::vector<std::string> all{"demo", "--web.listen-address", "127.0.0.1:0"};
                       all.insert(all.end(), more.begin(), more.end());
                       return all;
                     }(),
                 .environment = {{"TMPDIR", folder.path()}}}) {}
  bool left_nothing() const { return std::filesystem::is_empty(folder.path()); }
};

// The events in the order of their lines.
std::vector<std::string> events_in(const std::string& output) {
  std::vector<std::string> events;
  const std::string mark = " event ";
  for (std::size_t at = output.find(mark); at != std::string::npos;
       at = output.find(mark, at + 1)) {
    const std::size_t start = output.find_first_not_of(' ', at + mark.size());
    const std::string line = output.substr(start, output.find('\n', start) - start);
    if (line.find("[signature ok") != std::string::npos)
      events.push_back(line.substr(0, line.find(' ')));
  }
  return events;
}

}  // namespace

TEST_CASE(
    "the demo tells the whole story, one event for each real change and none for a bad answer") {
  Demo demo;
  const auto page = demo.process.wait_for_line("http://");
  REQUIRE_MESSAGE(page, demo.process.transcript());
  const std::string url = page->substr(page->find("http://"));
  CHECK(get(url).status == 200);
  CHECK(eventually(
      [&] { return get(url + "metrics").body.find("modelvane_alias_info") != std::string::npos; }));

  REQUIRE_MESSAGE(
      demo.process.wait_for_line(
          "internlm3-latest points to internlm3-8b-instruct, which is approved", 0, kStory),
      demo.process.transcript());
  CHECK_FALSE(demo.left_nothing());
  demo.process.signal(SIGINT);
  CHECK(demo.process.wait() == 0);
  CHECK(demo.left_nothing());
  const std::vector<std::string> story{"alias.moved", "alias.pin_broken",    "endpoint.down",
                                       "endpoint.up", "catalog.quarantined", "catalog.accepted",
                                       "alias.moved", "alias.pin_restored"};
  CHECK_MESSAGE(events_in(demo.process.standard_output()) == story, demo.process.transcript());
  CHECK(demo.process.wait_for_line("Ended: "));
  CHECK(demo.process.standard_error().find("level=error") == std::string::npos);
}

TEST_CASE("the demo ends by itself after --seconds, with 0 and without a trace") {
  Demo demo({"--seconds", "1.5"});
  CHECK(demo.process.wait() == 0);
  CHECK(demo.left_nothing());
}

TEST_CASE("the demo takes a free port when its own is in use") {
  FakeUpstream other([](const auto&) { return modelvane::simulated::ServedReply{}; });
  const std::string taken = other.url("").substr(std::string("http://").size());
  const TempFolder folder;
  Process demo({.arguments = {"demo", "--seconds", "1", "--web.listen-address", taken},
                .environment = {{"TMPDIR", folder.path()}}});
  CHECK(demo.wait() == 0);
  CHECK(demo.wait_for_line(taken + " is in use by another program"));
  const auto page = demo.wait_for_line("page ");
  REQUIRE(page);
  CHECK(page->find(taken) == std::string::npos);
}
