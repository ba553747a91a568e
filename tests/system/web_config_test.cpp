// --web.config.file of the real binary, against programs that have spoken TLS for longer: curl,
// openssl and Prometheus; promtool reads the same file.
#include <crypt.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"
#include "tests/unit/transport/certificates.h"

using namespace modelvane;
using namespace system_test;

namespace {

std::string hash_of(const std::string& password) {
  char salt[CRYPT_GENSALT_OUTPUT_SIZE] = {};
  REQUIRE(crypt_gensalt_rn("$2b$", 5, nullptr, 0, salt, sizeof salt) != nullptr);
  crypt_data work{};
  return crypt_r(password.c_str(), salt, &work);
}

struct Ran {
  int code = -1;
  std::string out;
};

Ran run(const std::string& program, std::vector<std::string> arguments) {
  Process process({.arguments = std::move(arguments), .program = program});
  const auto code = process.wait();
  return {code.value_or(-1), process.standard_output()};
}

// A daemon with TLS and a password, and an authority that the clients trust.
struct Guarded {
  TempFolder folder;
  test::PemFolder pem;
  test::Identity authority = test::make_authority("authority");
  std::string ca_file = pem.write_certificate("ca.pem", authority);
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  std::string config = folder.write(
      "modelvane.yml",
      fmt::format(
          "defaults: {{interval: 1s, timeout: 1s}}\nendpoints:\n  - {{name: m, url: \"{}\", "
          "aliases: [{{field: /ref_model}}]}}\n",
          upstream.url()));
  std::string cert_file;
  std::string key_file;
  std::string web_config;
  std::string address;
  std::unique_ptr<Process> serve;

  Guarded() {
    write_certificate("IP:127.0.0.1");
    web_config = write_web_config("alice");
    serve = std::make_unique<Process>(Process::Options{
        .arguments = {"serve", "--config.file", config, "--storage.path", folder.file("data"),
                      "--web.config.file", web_config, "--web.listen-address", "127.0.0.1:0"}});
    const auto line = serve->wait_for_line("modelvane started");
    REQUIRE_MESSAGE(line, serve->transcript());
    address = logfmt_value(*line, "address");
  }

  void write_certificate(const std::string& names) {
    const auto leaf = test::make_leaf(authority, {.subject_names = names});
    key_file = pem.write_key("key.pem", leaf);
    cert_file = pem.write_certificate("cert.pem", leaf);
  }
  std::string write_web_config(const std::string& user) const {
    return folder.write(
        "web.yml",
        fmt::format("tls_server_config: {{cert_file: {}, key_file: {}}}\n"
                    "http_server_config: {{headers: {{Strict-Transport-Security: max-age=60}}}}\n"
                    "basic_auth_users: {{{}: \"{}\"}}\n",
                    cert_file, key_file, user, hash_of("s3cret")));
  }
  // What curl prints of a path: the status.
  std::string status(const std::string& path, std::vector<std::string> options) const {
    options.insert(options.end(), {"-sS", "--cacert", ca_file, "-o", "/dev/null", "-w",
                                   "%{http_code}", "https://" + address + path});
    return run("/usr/bin/curl", options).out;
  }
};

}  // namespace

TEST_CASE("promtool takes the web config that modelvane takes") {
  const Guarded guarded;
  CHECK(run("/usr/bin/promtool", {"check", "web-config", guarded.web_config}).code == 0);
}

TEST_CASE("curl is served with the authority and the password, and not without them") {
  const Guarded guarded;
  CHECK(guarded.status("/metrics", {"-u", "alice:s3cret"}) == "200");
  CHECK(guarded.status("/metrics", {"-u", "alice:s3cret", "--tls-max", "1.2"}) == "200");
  CHECK(guarded.status("/", {"-u", "alice:wrong"}) == "401");
  CHECK(guarded.status("/-/healthy", {}) == "401");
  CHECK(run("/usr/bin/curl", {"-s", "https://" + guarded.address + "/-/healthy"}).code ==
        60);  // an authority nobody knows
  const auto openssl = run(
      "/bin/sh",
      {"-c",
       fmt::format(
           "openssl s_client -connect {} -CAfile {} -verify_return_error -brief </dev/null 2>&1",
           guarded.address, guarded.ca_file)});
  CHECK_MESSAGE(openssl.out.find("Verification: OK") != std::string::npos, openssl.out);
  CHECK_MESSAGE(openssl.out.find("TLSv1.3") != std::string::npos, openssl.out);
}

TEST_CASE("a real Prometheus scrapes over TLS with a password") {
  const Guarded guarded;
  const Prometheus prometheus(
      guarded.folder,
      fmt::format("global: {{scrape_interval: 1s}}\nscrape_configs:\n  - {{job_name: modelvane, "
                  "scheme: https, "
                  "tls_config: {{ca_file: {}}}, basic_auth: {{username: alice, password: s3cret}}, "
                  "static_configs: [{{targets: ['{}']}}]}}\n",
                  guarded.ca_file, guarded.address));
  CHECK(eventually([&] {
    const auto result = prometheus.series("modelvane_alias_info");
    return result.size() == 1 && result[0]["metric"]["target"] == "m-1";
  }));
}

TEST_CASE(
    "a renewed certificate and a changed user count without a signal, and a broken file changes "
    "nothing") {
  Guarded guarded;
  const auto by_name = [&](const std::string& user) {
    const auto port = guarded.address.substr(guarded.address.rfind(':'));
    return run("/usr/bin/curl",
               {"-sS", "--cacert", guarded.ca_file, "-u", user + ":s3cret", "--resolve",
                fmt::format("vane.test{}:127.0.0.1", port), "-o", "/dev/null", "-w", "%{http_code}",
                fmt::format("https://vane.test{}/metrics", port)})
        .out;
  };
  CHECK(by_name("alice") == "000");
  guarded.write_certificate("DNS:vane.test");
  CHECK(eventually([&] { return by_name("alice") == "200"; }));
  std::ofstream{guarded.cert_file} << "broken";
  CHECK(guarded.serve->wait_for_line("the changed files are not used"));
  CHECK(by_name("alice") == "200");
  guarded.write_certificate("DNS:vane.test");
  guarded.write_web_config("bob");
  CHECK(eventually([&] { return by_name("bob") == "200"; }));
  CHECK(by_name("alice") == "401");
}

TEST_CASE("a certificate whose time is over is said by check-config and in the log") {
  const Guarded guarded;
  const auto expired = test::make_leaf(guarded.authority, {.valid_for = std::chrono::seconds{-60}});
  guarded.pem.write_key("key.pem", expired);
  guarded.pem.write_certificate("cert.pem", expired);
  CHECK(guarded.serve->wait_for_line("cert.pem has expired: no client trusts it"));
  Process check(
      {.arguments = {"check-config", guarded.config, "--web.config.file", guarded.web_config}});
  CHECK(check.wait() == 0);
  CHECK(check.standard_error().find("web.yml: warning: tls_server_config.cert_file: ") !=
        std::string::npos);
}

TEST_CASE("a reload takes the web config, too, and as a whole or not at all") {
  const Guarded guarded;
  guarded.write_web_config("bob: x, carol");
  guarded.serve->signal(SIGHUP);
  CHECK(guarded.serve->wait_for_line("basic_auth_users.bob"));
  CHECK(guarded.status("/metrics", {"-u", "alice:s3cret"}) == "200");
  guarded.write_web_config("bob");
  guarded.serve->signal(SIGHUP);
  CHECK(eventually([&] { return guarded.status("/metrics", {"-u", "bob:s3cret"}) == "200"; }));
}

TEST_CASE("serve and check-config refuse a web config with errors, each with its place") {
  const Guarded guarded;
  guarded.folder.write(
      "bad.yml",
      fmt::format("tls_server_config: {{cert_file: {0}, key_file: {0}}}\n", guarded.cert_file));
  for (const auto& arguments :
       {std::vector<std::string>{"serve", "--config.file", guarded.config, "--web.config.file",
                                 guarded.folder.file("bad.yml"), "--storage.path",
                                 guarded.folder.file("other")},
        std::vector<std::string>{"check-config", guarded.config, "--web.config.file",
                                 guarded.folder.file("bad.yml")}}) {
    Process process({.arguments = arguments});
    CHECK(process.wait() == 2);
    CHECK_MESSAGE(process.standard_error().find("tls_server_config.key_file") != std::string::npos,
                  process.transcript());
  }
  Process fine(
      {.arguments = {"check-config", guarded.config, "--web.config.file", guarded.web_config}});
  CHECK(fine.wait() == 0);
  CHECK(fine.standard_output().find("web.yml: fine") != std::string::npos);
}
