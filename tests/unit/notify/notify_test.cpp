#include "daemon/notify/notify.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>

#include "tests/unit/notify/samples.h"
#include "version.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

using samples::given;

const Time kSecondBegun = Time{1614265330s} + 999ms;

WebhookConfig webhook() {
  WebhookConfig config;
  config.name = "oncall";
  config.url = given("https://hooks.example.com/T000/token");
  config.signing_secrets = {given(samples::kSigningSecret)};
  config.timeout = 7s;
  return config;
}

StoredEvent stored() {
  StoredEvent event;
  event.sequence = 1;
  event.id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  event.json = R"({"test": 2432232314})";
  return event;
}

std::expected<HttpRequest, std::string> request_at(const WebhookConfig& config, Time now) {
  const auto event = stored();
  return make_request(config, std::array{&event}, {.external_url = "", .instance = "prod-a"}, now);
}

HttpRequest request_for(const WebhookConfig& config) {
  auto request = request_at(config, kSecondBegun);
  REQUIRE_MESSAGE(request.has_value(), request.error());
  return std::move(*request);
}

// The values of all headers of that name, joined by "|".
std::string header(const HttpRequest& request, const std::string& name) {
  std::string values;
  for (const auto& [key, value] : request.headers) {
    if (key == name) values += (values.empty() ? "" : "|") + value;
  }
  return values;
}

}  // namespace

TEST_CASE("an event is posted as it is stored, typed, identified and signed") {
  const auto request = request_for(webhook());
  CHECK(request.method == "POST");
  CHECK(request.url == "https://hooks.example.com/T000/token");
  CHECK(request.body == stored().json);
  CHECK(header(request, "Content-Type") == "application/cloudevents+json");
  CHECK(header(request, "User-Agent") == "modelvane/" MODELVANE_VERSION);
  CHECK(header(request, "webhook-id") == stored().id);
  CHECK(header(request, "webhook-timestamp") == "1614265330");
  CHECK(header(request, "webhook-signature") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(request.timeout == 7s);
  CHECK(request.body_limit == 64 * 1024);
  CHECK(request.reuse_connection);
}

TEST_CASE("each attempt has its own time and signature, and the same id") {
  const auto first = request_for(webhook());
  const auto second = *request_at(webhook(), kSecondBegun + 30s);
  CHECK(header(second, "webhook-id") == header(first, "webhook-id"));
  CHECK(header(second, "webhook-timestamp") == "1614265360");
  CHECK(header(second, "webhook-signature") != header(first, "webhook-signature"));
}

TEST_CASE("two secrets give two signatures, none gives no header") {
  auto config = webhook();
  config.signing_secrets.push_back(given("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"));
  const auto both = header(request_for(config), "webhook-signature");
  CHECK(both.starts_with("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"));
  CHECK(both.size() == 2 * 47 + 1);
  config.signing_secrets.clear();
  CHECK(header(request_for(config), "webhook-signature").empty());
  CHECK(header(request_for(config), "webhook-id") == stored().id);
}

TEST_CASE("secrets are read at each call, so that a rotated one counts at once") {
  auto config = webhook();
  config.url = {SecretRef::From::Env, "MODELVANE_TEST_URL"};
  ::setenv("MODELVANE_TEST_URL", "https://a.example.com/1", 1);
  CHECK(request_for(config).url == "https://a.example.com/1");
  ::setenv("MODELVANE_TEST_URL", "https://b.example.com/2", 1);
  CHECK(request_for(config).url == "https://b.example.com/2");
  ::unsetenv("MODELVANE_TEST_URL");
  const auto missing = request_at(config, kSecondBegun);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().find("MODELVANE_TEST_URL") != std::string::npos);
}

TEST_CASE("credentials, TLS and proxy of the webhook are on the request") {
  auto config = webhook();
  config.access.authorization = Authorization{.type = "Bearer", .credentials = given("token-1")};
  config.access.http_headers = {{"X-Team", given("search")}};
  config.access.tls.ca_file = "/etc/ssl/acme.pem";
  config.access.proxy.url = "http://proxy:3128";
  const auto request = request_for(config);
  CHECK(header(request, "Authorization") == "Bearer token-1");
  CHECK(header(request, "X-Team") == "search");
  CHECK(request.tls.ca_file == "/etc/ssl/acme.pem");
  CHECK(request.proxy.url == "http://proxy:3128");
  config.access.authorization.reset();
  config.access.basic_auth = BasicAuth{.username = "vane", .password = given("secret")};
  CHECK(request_for(config).basic_username == "vane");
  CHECK(request_for(config).basic_password == "secret");
}

TEST_CASE("a header of the user replaces the user agent, but never type, id or signature") {
  auto config = webhook();
  config.access.http_headers = {{"user-agent", given("ours/1")},
                                {"content-type", given("text/plain")},
                                {"Webhook-Id", given("x")}};
  const auto request = request_for(config);
  CHECK(header(request, "user-agent") == "ours/1");
  CHECK(header(request, "User-Agent").empty());
  CHECK(header(request, "content-type").empty());
  CHECK(header(request, "Content-Type") == "application/cloudevents+json");
  CHECK(header(request, "Webhook-Id").empty());
  CHECK(header(request, "webhook-id") == stored().id);
}

TEST_CASE(
    "a secret that became unfit since the config was checked stops the request and is not shown") {
  auto broken_header = webhook();
  broken_header.access.http_headers = {{"X-Key", given("secret-1 \x01 yes")}};
  auto broken_url = webhook();
  broken_url.url = given("ftp://secret-1.example.com");
  auto broken_signing = webhook();
  broken_signing.signing_secrets = {given("secret-1")};
  for (const auto& config : {broken_header, broken_url, broken_signing}) {
    const auto refused = request_at(config, kSecondBegun);
    REQUIRE_FALSE(refused.has_value());
    CAPTURE(refused.error());
    CHECK(refused.error().find("webhook oncall") != std::string::npos);
    CHECK(refused.error().find("secret-1") == std::string::npos);
  }
}

TEST_CASE(
    "an event that cannot be read is refused with a sentence by formats that must understand it") {
  auto config = samples::webhook("slack");
  const auto refused = request_at(config, kSecondBegun);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().find("cannot be read") != std::string::npos);
}
