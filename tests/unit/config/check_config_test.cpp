#include <doctest/doctest.h>

#include <cstdio>

#include "config_world.h"
#include "daemon/commands/commands.h"
#include "tests/unit/capture.h"

using namespace modelvane;
using modelvane::test::Capture;
using modelvane::test::TemporaryFolder;

namespace {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run(const std::string& file) {
  const TemporaryFolder folder;
  const auto out = (folder.path() / "out").string();
  const auto err = (folder.path() / "err").string();
  Ran ran;
  {
    const Capture capture_out{stdout, out};
    const Capture capture_err{stderr, err};
    ran.code = check_config({.config_file = file});
  }
  ran.out = test::read_text(out);
  ran.err = test::read_text(err);
  return ran;
}

}  // namespace

TEST_CASE("check-config says on one line that a file is fine") {
  test::set_up_environment();
  const TemporaryFolder folder;
  const auto file =
      folder.write("a.yml", "endpoints: [{provider: internlm}, {name: b, provider: internlm}]\n");
  const auto ran = run(file);
  CHECK(ran.code == 0);
  CHECK(ran.out == file + ": 2 endpoints, 0 webhooks, fine\n");
  CHECK(ran.err.empty());
}

TEST_CASE("check-config warns of what is taken as it was probably meant, and the file is fine") {
  ::setenv("BLANK_KEY", " sk-abc", 1);
  const TemporaryFolder folder;
  const auto file = folder.write(
      "a.yml", "endpoints: [{provider: internlm, authorization: {credentials_env: BLANK_KEY}}]\n");
  const auto ran = run(file);
  CHECK(ran.code == 0);
  CHECK(ran.err == file +
                       ":1:67: warning: endpoints[0].authorization.credentials_env: the variable's "
                       "value has blanks around it, which are not sent: take them off\n");
  CHECK(ran.out.ends_with("fine\n"));
}

TEST_CASE("check-config warns of whom a chat would not call, and of labels that no endpoint has") {
  test::set_up_environment();
  const TemporaryFolder folder;
  const auto file = folder.write("a.yml", R"(endpoints:
  - {provider: internlm, labels: {team: search}}
webhooks:
  - {name: a, url: "http://a/", format: slack, mentions: [{events: ["*"], who: oncall}, {events: ["*"], who: "<!here>"}]}
  - {name: b, url: "http://a/", format: discord, mentions: [{events: ["*"], who: "@oncall"}, {events: ["*"], who: "<@!5>"}]}
  - {name: c, format: telegram, telegram: {bot_token: "1:a", chat_id: -1}, mentions: [{events: ["*"], who: anna}, {events: ["*"], who: 42}]}
  - {name: d, url: "http://a/", format: dingtalk, mentions: [{events: ["*"], who: anna}]}
  - {name: e, url: "http://a/", labels: {team: ads}}
  - {name: f, url: "http://a/", labels: {team: "s*"}}
)");
  const auto ran = run(file);
  CHECK(ran.code == 0);
  CHECK(ran.err ==
        file +
            ":4:80: warning: webhooks[0].mentions[0].who: calls nobody with format slack; write "
            "it as the chat does, such as <!subteam^S1>, <@U1>, @oncall (Rocket.Chat)\n" +
            file +
            ":5:82: warning: webhooks[1].mentions[0].who: calls nobody with format discord; "
            "write it as the chat does, such as <@&77>, @here, @everyone\n" +
            file +
            ":6:108: warning: webhooks[2].mentions[0].who: calls nobody with format "
            "telegram; write it as the chat does, such as @anna\n" +
            file +
            ":8:5: warning: webhooks[4]: labels: no endpoint has all of them, so it hears of "
            "none\n");
}

TEST_CASE("check-config prints every error on a line of its own and exits with 2") {
  test::set_up_environment();
  const TemporaryFolder folder;
  const auto file = folder.write(
      "a.yml", "endpoints:\n  - provider: internlm\n    intervall: 5s\n    timeout: 0s\n");
  const auto ran = run(file);
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err == file +
                       ":3:5: endpoints[0].intervall: unknown key; did you mean \"interval\"?\n" +
                       file + ":4:14: endpoints[0].timeout: must be from 1ms to 10m, not \"0s\"\n");
}

TEST_CASE("check-config names a missing file and a directory") {
  CHECK(run("/nonexistent/modelvane.yml").err ==
        "/nonexistent/modelvane.yml: cannot open the configuration file: No such file or "
        "directory\n");
  CHECK(run("/nonexistent/modelvane.yml").code == 2);
  CHECK(run("/tmp").err == "/tmp: this is a directory, not a configuration file\n");
}
