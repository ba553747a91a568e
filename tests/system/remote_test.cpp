// Commands that ask a daemon over its API, from another folder and with a password; and the Model
// Context Protocol server, against the protocol's own SDK.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/system/harness.h"
#include "tests/unit/transport/certificates.h"
#include "tests/unit/web/credentials.h"

using namespace modelvane;
using namespace system_test;
using Json = nlohmann::json;

namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string error;
};

// A daemon with TLS and two users, of whom bob may only read, whose alias has moved once; and a
// receiver of its events.
struct Watched {
  TempFolder folder;
  TempFolder elsewhere;
  test::PemFolder pem;
  test::Identity authority = test::make_authority("authority");
  std::string ca_file = pem.write_certificate("ca.pem", authority);
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  FakeUpstream receiver{
      [](const auto&) { return simulated::ServedReply{.status = 200, .body = "{}"}; }};
  std::unique_ptr<Process> serve;
  std::string url;
  std::string alice = client_config("alice", "secret");

  Watched() {
    const auto leaf = test::make_leaf(authority, {.subject_names = "IP:127.0.0.1"});
    const auto web = folder.write(
        "web.yml",
        fmt::format("tls_server_config: {{cert_file: {}, key_file: {}}}\n"
                    "basic_auth_users: {{alice: \"{}\", bob: \"{}\"}}\n",
                    pem.write_certificate("cert.pem", leaf), pem.write_key("key.pem", leaf),
                    web_test::hash_of("secret"), web_test::hash_of("secret")));
    const auto config = folder.write(
        "modelvane.yml",
        fmt::format("web: {{read_only_users: [bob]}}\n"
                    "defaults: {{interval: 1s, timeout: 1s, confirm: {{moved: {{polls: 1}}}}}}\n"
                    "endpoints:\n  - {{name: m, url: \"{}\", aliases: [{{field: /ref_model}}], "
                    "pins: {{m-latest: [m-1]}}}}\n"
                    "webhooks: [{{name: oncall, url: \"{}\"}}]\n",
                    upstream.url(), receiver.url("/")));
    serve = std::make_unique<Process>(Process::Options{
        .arguments = {"serve", "--config.file", config, "--storage.path", folder.file("data"),
                      "--web.config.file", web, "--web.listen-address", "127.0.0.1:0"}});
    const auto line = serve->wait_for_line("modelvane started");
    REQUIRE_MESSAGE(line, serve->transcript());
    url = "https://" + logfmt_value(*line, "address");
    REQUIRE(upstream.wait_for_requests(2));
    upstream.answer_with(
        [](const auto&) { return model_list({{"m-latest", "m-2"}}, {"m-1", "m-2"}); });
    REQUIRE(eventually([&] {
      const auto ran = run({"history", "--type", "alias.moved", "--output", "json"});
      return ran.code == 0 && Json::parse(ran.out).size() == 1;
    }));
  }
  std::string client_config(const std::string& user, const std::string& password) const {
    return elsewhere.write(
        user + ".yml",
        fmt::format("basic_auth: {{username: {}, password: {}}}\ntls_config: {{ca_file: {}}}\n",
                    user, password, ca_file));
  }
  Ran run(std::vector<std::string> arguments, const std::string& as = "") const {
    arguments.insert(arguments.end(),
                     {"--url", url, "--web.client-config", as.empty() ? alice : as});
    Process process({.arguments = std::move(arguments)});
    const auto code = process.wait();
    return {code.value_or(-1), process.standard_output(), process.standard_error()};
  }
};

}  // namespace

TEST_CASE("commands ask a daemon elsewhere by its URL, and act there as who they are") {
  Watched watched;
  const auto aliases = watched.run({"aliases", "--output", "json"});
  REQUIRE_MESSAGE(aliases.code == 0, aliases.error);
  CHECK(Json::parse(aliases.out)[0]["target"] == "m-2");
  const auto at = watched.run({"history", "--at", "2020-01-01", "--output", "json"});
  REQUIRE_MESSAGE(at.code == 0, at.error);
  CHECK(Json::parse(at.out)[0]["status"] == "unknown");
  CHECK(watched.run({"history", "--at", "2020-01-01"}).out.find("not watched yet") !=
        std::string::npos);
  const auto diff = watched.run({"diff", "--from", "1h", "--output", "json"});
  REQUIRE_MESSAGE(diff.code == 0, diff.error);
  CHECK(Json::parse(diff.out)["changed"][0]["to"]["target"] == "m-2");
  const auto diff_table = watched.run({"diff", "--from", "1h"}).out;
  CHECK(
      diff_table.find(": 0 changed, 1 not watched yet at the first of these times, 0 as before") !=
      std::string::npos);
  const auto status = watched.run({"status"});
  CHECK_MESSAGE(status.code == 0, status.error);
  CHECK(status.out.find("1 up, 0 not") != std::string::npos);

  CHECK(watched.run({"pin", "list"}).out.find("broken") != std::string::npos);
  const auto accepted = watched.run({"pin", "accept", "m", "m-latest"});
  REQUIRE_MESSAGE(accepted.code == 0, accepted.error);
  CHECK(accepted.out == "approved for m/m-latest: m-2\n");
  CHECK(watched.run({"pin", "list"}).out.find("kept") != std::string::npos);
  const auto acted = watched.run({"history", "--type", "operator.acted", "--output", "json"});
  CHECK(Json::parse(acted.out)[0]["data"]["operator"] == "alice");

  const auto drill = watched.run({"drill", "--webhook", "oncall"});
  CHECK_MESSAGE(drill.code == 0, drill.out << drill.error);
  CHECK(drill.out.find("accepted") != std::string::npos);
  const auto list = watched.run({"deliveries", "list", "--output", "json"});
  REQUIRE_MESSAGE(list.code == 0, list.error);
  const auto number = std::to_string(Json::parse(list.out)[0]["sequence"].get<std::uint64_t>());
  CHECK(watched.run({"deliveries", "show", number}).code == 0);
  const auto again = watched.run({"deliveries", "retry", number});
  CHECK_MESSAGE(again.code == 0, again.error);
}

TEST_CASE("a daemon that is not reached, and one that lets nobody in, are said to be so") {
  Watched watched;
  const auto nobody = watched.run({"aliases"}, watched.client_config("eve", "guess"));
  CHECK(nobody.code == 1);
  CHECK(nobody.error.find("the user name or the password is wrong") != std::string::npos);
  CHECK(nobody.error.find("--web.client-config") != std::string::npos);
  const auto reader = watched.client_config("bob", "secret");
  CHECK(watched.run({"aliases"}, reader).code == 0);
  const auto refused = watched.run({"pin", "accept", "m", "m-latest"}, reader);
  CHECK(refused.code == 1);
  CHECK(refused.error.find("bob may only read") != std::string::npos);
  watched.serve->kill();
  const auto gone = watched.run({"history"});
  CHECK(gone.code == 1);
  CHECK(gone.error.find("does not answer") != std::string::npos);
  CHECK(watched.run({"status"}).code == 1);
}

TEST_CASE("a user may stand in the URL, whose password no sentence shows") {
  Watched watched;
  const auto no_user = watched.elsewhere.write(
      "ca-only.yml", fmt::format("tls_config: {{ca_file: {}}}\n", watched.ca_file));
  const auto with_user = [&](const std::string& user) {
    return "https://" + user + "@" + watched.url.substr(std::string{"https://"}.size());
  };
  const auto run_at = [&](const std::string& url, const std::string& client) {
    Process process({.arguments = {"status", "--url", url, "--web.client-config", client}});
    const auto code = process.wait();
    return Ran{code.value_or(-1), process.standard_output(), process.standard_error()};
  };
  const auto in = run_at(with_user("alice:secr%65t"), no_user);
  CHECK_MESSAGE(in.code == 0, in.error);
  const auto out = run_at(with_user("alice:gu+ss"), no_user);
  CHECK(out.code == 1);
  CHECK(out.error.find("the password is wrong") != std::string::npos);
  CHECK(out.error.find("gu+ss") == std::string::npos);
  CHECK(run_at(with_user("alice:secret"), watched.alice).code == 2);
}

TEST_CASE("what stands before a daemon and answers in its place is recognised") {
  FakeUpstream proxy{[](const auto&) { return simulated::ServedReply{}; }};
  const auto asked = [&](const std::string& command, const simulated::ServedReply& reply) {
    proxy.answer_with([reply](const auto&) { return reply; });
    Process process({.arguments = {command, "--url", proxy.url("/vane")}});
    CHECK(process.wait() == 1);
    return process.standard_error();
  };
  const simulated::ServedReply login{
      .status = 200, .content_type = "text/html", .body = "<html>Log in</html>"};
  const simulated::ServedReply away{.status = 302,
                                    .headers = {{"Location", "https://login.example/"}}};
  for (const std::string command : {"poll", "status", "history", "drill"}) {
    CAPTURE(command);
    CHECK(asked(command, login).find("is no modelvane") != std::string::npos);
    CHECK(asked(command, away).find("leads to https://login.example/") != std::string::npos);
    CHECK(asked(command, {.status = 200, .body = ""}).find("is no modelvane") != std::string::npos);
  }
}

TEST_CASE("an agent reads all tools through the protocol's own SDK") {
  Watched watched;
  Process node({.arguments = {"node", MODELVANE_TESTS "/system/mcp.mjs", MODELVANE_BINARY, "mcp",
                              "--url", watched.url, "--web.client-config", watched.alice},
                .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  CHECK(node.standard_output() == "read\n");
  // The same from the files of the daemon's folder.
  Process local({.arguments = {"node", MODELVANE_TESTS "/system/mcp.mjs", MODELVANE_BINARY, "mcp",
                               "--storage.path", watched.folder.file("data")},
                 .program = "/usr/bin/env"});
  CHECK_MESSAGE(local.wait() == 0, local.transcript());
}
