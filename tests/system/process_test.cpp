// The process as its caller and its shell see it: descriptors, output, signals, limits, and words
// that were mistyped.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/sanitized.h"
#include "tests/system/harness.h"

using namespace system_test;

namespace {

// `script` of a POSIX shell, with the binary as $0.
Process shell(const std::string& script) {
  return Process{{.arguments = {"-c", script, MODELVANE_BINARY}, .program = "/bin/sh"}};
}

struct Row {
  std::string script;
  int code = 0;
  std::string error;  // what standard error tells; "" = nothing at all
};

}  // namespace

TEST_CASE("output that cannot be written is an error, and a reader that left is none to tell") {
  for (const auto& row : {
           Row{"\"$0\" providers > /dev/full", 1, "the output could not be written: No space"},
           Row{"\"$0\" providers --output markdown > /dev/full", 1, "could not be written"},
           Row{"\"$0\" --help > /dev/full", 1, "could not be written"},
           Row{"trap '' PIPE; (sleep 0.2; \"$0\" providers --output json; echo $? >&2) | true", 0,
               "1\n"},
       }) {
    CAPTURE(row.script);
    auto ran = shell(row.script);
    CHECK(ran.wait() == row.code);
    CHECK(ran.standard_error().find(row.error) != std::string::npos);
    CHECK(ran.standard_error().find("terminate") == std::string::npos);
  }
}

TEST_CASE("descriptors that the caller closed are /dev/null, not sockets of ours") {
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
  auto daemon = shell(fmt::format(
      "exec \"$0\" serve --config.file {} --storage.path {} --web.listen-address 127.0.0.1:0 "
      "0<&- 1>&- 2>&-",
      config, folder.file("data")));
  const auto target = [&](int number) {
    std::error_code error;
    return std::filesystem::read_symlink(fmt::format("/proc/{}/fd/{}", daemon.id(), number), error)
        .string();
  };
  CHECK(eventually([&] { return std::filesystem::exists(folder.file("data/modelvane.db")); }));
  if (::getuid() == 0) {  // the daemon lets nobody else look at it
    for (const int number : {0, 1, 2}) CHECK(target(number) == "/dev/null");
  }
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("a process limit ends the daemon with a sentence and 1") {
  if (modelvane::kSanitizerSlowdown > 1) return;  // a sanitizer reserves terabytes
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
  auto daemon =
      shell(fmt::format("ulimit -v 70000; exec \"$0\" serve --config.file {} --storage.path {} "
                        "--web.listen-address 127.0.0.1:0",
                        config, folder.file("data")));
  CHECK(daemon.wait() == 1);
  CHECK(daemon.standard_error().find("more memory") != std::string::npos);
}

TEST_CASE("a mistyped word is answered with the one that was meant") {
  for (const auto& [words, answer] : {
           std::pair{"histroy", "there is no command \"histroy\" here; did you mean \"history\"?"},
           std::pair{"history --endpiont=x",
                     "there is no flag \"--endpiont\" here; did you mean \"--endpoint\"?"},
           std::pair{"serve --web.listen-address=127.0.0.1:0 now", "here is no"},
           std::pair{"history --limit=", "--limit takes one value"},
           std::pair{"history --limit 3 --limit 4", "--limit takes one value"},
           std::pair{"deliveries lst", "did you mean \"list\"?"},
           std::pair{"deliveries", "say which: list, "},
           std::pair{"version", "did you mean \"--version\"?"},
           std::pair{"help histry", "did you mean \"history\"?"},
       }) {
    auto ran = shell(fmt::format("exec \"$0\" {}", words));
    CHECK(ran.wait() == 2);
    CHECK(ran.standard_error().find(answer) != std::string::npos);
  }
  auto alone = shell("exec \"$0\"");
  CHECK(alone.wait() == 2);
  CHECK(alone.standard_error().find("First steps") != std::string::npos);
  auto general = shell("exec \"$0\" help");
  CHECK(general.wait() == 0);
  CHECK(general.standard_output().find("Subcommands:") != std::string::npos);
  auto help = shell("exec \"$0\" help deliveries retry");
  CHECK(help.wait() == 0);
  CHECK(help.standard_output().find("Send again now") != std::string::npos);
}

TEST_CASE("check-config waits for what fills a pipe") {
  const TempFolder folder;
  const auto config =
      folder.write("modelvane.yml", "endpoints: [{name: a, url: 'http://a/', aliases: []}]\n");
  auto ran = shell(fmt::format("(sleep 0.3; cat {}) | \"$0\" check-config /dev/stdin", config));
  CHECK(ran.wait() == 0);
  CHECK(ran.standard_output().find("1 endpoint, 0 webhooks, fine") != std::string::npos);
}

TEST_CASE("check-config waits a moment for who will write into a named pipe") {
  const TempFolder folder;
  const auto config =
      folder.write("modelvane.yml", "endpoints: [{name: a, url: 'http://a/', aliases: []}]\n");
  auto ran = shell(
      fmt::format("cd {}; mkfifo pipe; (sleep 0.3; cat {} > pipe) & exec \"$0\" check-config pipe",
                  folder.path(), config));
  CHECK(ran.wait() == 0);
  CHECK(ran.standard_output().find("1 endpoint, 0 webhooks, fine") != std::string::npos);
}

TEST_CASE("words are looked at before anything else is") {
  for (const auto& [words, answer] : {
           std::pair{"history --limit -1", "--limit: must be a whole number from 1 "},
           std::pair{"deliveries list --limit 1e3", "--limit: must be a whole number from 1 "},
           std::pair{"deliveries retry", "modelvane: name an event by ID, or a webhook"},
       }) {
    CAPTURE(words);
    auto ran = shell(fmt::format("exec \"$0\" {} --storage.path /nowhere", words));
    CHECK(ran.wait() == 2);
    CHECK(ran.standard_error().find(answer) != std::string::npos);
    CHECK(ran.standard_error().find("/nowhere") == std::string::npos);
  }
}

TEST_CASE("an agent's blank lines are passed over, and its list of messages is answered as one") {
  const TempFolder folder;
  const Serve daemon{folder, "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n"};
  REQUIRE(daemon.is_up());
  auto ran =
      shell(fmt::format("printf '%s\\n' '' ' ' '{}' '{}' '[]' | \"$0\" mcp --storage.path {}",
                        R"([{"id":1,"method":"ping"},{"method":"x"},{"id":2,"method":"ping"}])",
                        R"([{"method":"x"}])", folder.file("data")));
  CHECK(ran.wait() == 0);
  CHECK(ran.standard_output() ==
        R"([{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}])"
        "\n"
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,)"
        R"("message":"a request is an object with a method"}})"
        "\n");
}

TEST_CASE("the daemon stops when it is told to, also when nobody reads its log any more") {
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
  // `sleep` holds the reading end and never reads. So many reloads say more than a pipe holds.
  auto ran = shell(fmt::format(
      "cd {}; mkfifo log; (exec sleep 60 < log) & sleeper=$!;"
      "\"$0\" serve --config.file {} --storage.path data --web.listen-address 127.0.0.1:0 2> log &"
      "daemon=$!; until [ -e data/modelvane.db ]; do sleep 0.05; done; kill -USR1 $daemon;"
      "for i in $(seq 500); do kill -HUP $daemon; sleep 0.005; done;"
      "kill $daemon; wait $daemon; code=$?; kill $sleeper; exit $code",
      folder.path(), config));
  CHECK(ran.wait() == 0);
}

TEST_CASE("the database is its user's alone, and usable, whatever the caller's umask") {
  for (const auto* mask : {"000", "777"}) {
    CAPTURE(mask);
    const TempFolder folder;
    const auto config = folder.write(
        "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
    auto daemon =
        shell(fmt::format("umask {}; exec \"$0\" serve --config.file {} --storage.path {} "
                          "--web.listen-address 127.0.0.1:0",
                          mask, config, folder.file("data")));
    REQUIRE(daemon.wait_for_line("modelvane started").has_value());
    using std::filesystem::perms;
    CHECK(std::filesystem::status(folder.file("data/modelvane.db")).permissions() ==
          (perms::owner_read | perms::owner_write));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
  }
}

TEST_CASE("files are found by flag, by variable, in the working folder, in this order") {
  const TempFolder folder;
  const auto good =
      folder.write("good.yml", "endpoints: [{name: a, url: 'http://a/', aliases: []}]\n");
  folder.write("modelvane.yml", "endpoints: 3\n");
  const auto in_folder = fmt::format("cd {}; ", folder.path());
  CHECK(shell(in_folder + "exec \"$0\" check-config").wait() == 2);
  CHECK(shell(in_folder + "MODELVANE_CONFIG_FILE=good.yml exec \"$0\" check-config").wait() == 0);
  CHECK(shell(in_folder +
              "MODELVANE_CONFIG_FILE=no.yml exec \"$0\" check-config --config.file good.yml")
            .wait() == 0);
}

TEST_CASE("a reload asked for before main() begins is done after the start; others end by it") {
  if (modelvane::kSanitizerSlowdown > 1) return;  // a sanitizer wants to be the first library
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
  const auto with_hangup = [&](std::vector<std::string> arguments) {
    return Process::Options{.arguments = std::move(arguments),
                            .environment = {{"LD_PRELOAD", EARLY_SIGNAL_LIBRARY},
                                            {"EARLY_SIGNAL", std::to_string(SIGHUP)}}};
  };
  Process daemon{with_hangup({"serve", "--config.file", config, "--storage.path",
                              folder.file("data"), "--web.listen-address", "127.0.0.1:0"})};
  CHECK(daemon.wait_for_line("the configuration is in effect").has_value());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  Process other{with_hangup({"check-config", config})};
  CHECK(other.wait() == -SIGHUP);
}

TEST_CASE("a container that is told to stop while it starts does so") {
  if (modelvane::kSanitizerSlowdown > 1) return;               // likewise
  if (shell("unshare --pid --fork true").wait() != 0) return;  // where users may not make one
  const TempFolder folder;
  const auto config = folder.write(
      "modelvane.yml", "endpoints: [{name: a, url: 'http://127.0.0.1:9/', aliases: []}]\n");
  auto container = shell(fmt::format(
      "exec unshare --pid --fork --kill-child env LD_PRELOAD={} EARLY_SIGNAL={} "
      "\"$0\" serve --config.file {} --storage.path {} --web.listen-address 127.0.0.1:0",
      EARLY_SIGNAL_LIBRARY, SIGTERM, config, folder.file("data")));
  CHECK(container.wait() == 0);
}
