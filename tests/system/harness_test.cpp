#include "tests/system/harness.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace std::chrono_literals;
using namespace system_test;

TEST_CASE("a child's lines, exit code and standard error are seen") {
  Process child({.arguments = {"-c", "echo one; echo two $ANSWER; echo three >&2; exit 7"},
                 .environment = {{"ANSWER", "42"}},
                 .program = "sh"});
  CHECK(child.wait_for_line("two") == "two 42");
  CHECK(child.wait() == 7);
  CHECK(child.standard_output() == "one\ntwo 42\n");
  CHECK(child.standard_error() == "three\n");
  CHECK_FALSE(child.wait_for_line("four"));
}

TEST_CASE("a child can be told to end, and killed") {
  Process gentle(
      {.arguments = {"-c",
                     "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done"},
       .program = "sh"});
  REQUIRE(gentle.wait_for_line("ready"));
  CHECK_FALSE(gentle.wait(0ms));
  gentle.signal(SIGTERM);
  CHECK(gentle.wait() == 3);
  CHECK(gentle.wait_for_line("bye"));

  Process stubborn({.arguments = {"-c", "echo ready; exec sleep 1000"}, .program = "sh"});
  REQUIRE(stubborn.wait_for_line("ready"));
  stubborn.kill();
  CHECK(stubborn.wait() == -SIGKILL);
}

TEST_CASE("lines can be passed over") {
  Process child({.arguments = {"-c", "echo a1; echo b; echo a2; echo unfinished a3 | tr -d '\\n'"},
                 .program = "sh"});
  CHECK(child.wait_for_line("a", 0) == "a1");
  CHECK(child.wait_for_line("a", 1) == "a2");
  CHECK_FALSE(child.wait_for_line("a", 2));
}

TEST_CASE("values are read out of logfmt lines") {
  const std::string line =
      R"(time=1 level=info msg="modelvane started" address=127.0.0.1:40123 endpoints=2)";
  CHECK(logfmt_value(line, "address") == "127.0.0.1:40123");
  CHECK(logfmt_value(line, "msg") == "modelvane started");
  CHECK(logfmt_value(line, "time") == "1");
  CHECK(logfmt_value(line, "endpoints") == "2");
  CHECK(logfmt_value(line, "dress") == "");
}

TEST_CASE("a temporary folder is gone afterwards") {
  std::string path;
  {
    const TempFolder folder;
    path = folder.write("a.txt", "x");
    CHECK(Process({.arguments = {"-e", path}, .program = "test"}).wait() == 0);
  }
  CHECK(Process({.arguments = {"-e", path}, .program = "test"}).wait() == 1);
}
