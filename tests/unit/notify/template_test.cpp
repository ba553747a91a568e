// What the user's own request becomes, and what its answers mean.
#include <doctest/doctest.h>

#include <array>

#include "daemon/notify/notify.h"
#include "tests/unit/notify/samples.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

using samples::given;

WebhookConfig own() {
  auto webhook = samples::webhook("template");
  webhook.body = {};
  webhook.url = given("https://own.example/hook");
  return webhook;
}

HttpRequest request_of(const WebhookConfig& webhook) {
  auto event = samples::event_of(EventType::AliasMoved);
  event.alias = "a b/../c&d";
  return samples::request_of(webhook, {samples::stored(event)}, samples::then());
}

Verdict verdict_of(const WebhookConfig& webhook, int status, const std::string& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = body;
  return judge(webhook, reply, Mask{webhook}, samples::then());
}

}  // namespace

TEST_CASE("values in a URL stay in their place") {
  auto webhook = own();
  webhook.url = given(
      "https://own.example/of/{{ event.data.alias }}?t={{secret.token}}&n={{event.data.nothing}}");
  webhook.body.method = "GET";
  webhook.body.secrets = {{"token", given("hu sh&x")}};
  const auto request = request_of(webhook);
  CHECK(request.method == "GET");
  CHECK(request.url == "https://own.example/of/a%20b%2F..%2Fc%26d?t=hu%20sh%26x&n=");
  CHECK(request.body.empty());
  CHECK_FALSE(request.has_header("Content-Type"));
}

TEST_CASE("a form takes texts, values and secrets, each encoded") {
  auto webhook = own();
  webhook.body.content_type = "application/x-www-form-urlencoded";
  webhook.body.form = {{"text", "moved & gone: {{event.data.alias}}!"},
                       {"token", "{{secret.token}}"},
                       {"polls", "{{event.data.confirmed_by_polls}}"}};
  webhook.body.secrets = {{"token", given("hush=1")}};
  const auto request = request_of(webhook);
  CHECK(request.method == "POST");
  CHECK(request.body.starts_with(
      "text=moved%20%26%20gone%3A%20a%20b%2F..%2Fc%26d%21&token=hush%3D1&polls="));
}

TEST_CASE("a secret stands in JSON, and is masked in what the receiver repeats of it") {
  auto webhook = own();
  webhook.body.pieces = {{R"({"key":)", "secret.key", false}, {"}", "", false}};
  webhook.body.secrets = {{"key", given("very-\"hush")}};
  CHECK(request_of(webhook).body == R"({"key":"very-\"hush"})");
  const auto verdict = verdict_of(webhook, 500, "no such very-\"hush");
  CHECK(verdict.sentence.find("hush") == std::string::npos);
}

TEST_CASE("a secret that cannot be read keeps the request here, and says which it is") {
  auto webhook = own();
  webhook.body.secrets = {{"key", {SecretRef::From::File, "/nonexistent/key"}}};
  const auto event = samples::stored(samples::event_of(EventType::AliasMoved));
  const auto request = make_request(webhook, std::array{&event},
                                    {.external_url = "", .instance = "a"}, samples::then());
  REQUIRE_FALSE(request);
  CHECK(request.error().find("/nonexistent/key") != std::string::npos);
}

TEST_CASE("an answer is a success when it is what the user said") {
  using enum VerdictClass;
  auto webhook = own();
  CHECK(verdict_of(webhook, 200, "").kind == Ok);
  webhook.body.success.statuses = {200, 409};
  CHECK(verdict_of(webhook, 409, "").kind == Ok);
  CHECK(verdict_of(webhook, 202, "").kind == Busy);
  CHECK(verdict_of(webhook, 404, "").kind == Config);
  webhook.body.success = {.statuses = {}, .pointer = "/ok", .equals = "true"};
  CHECK(verdict_of(webhook, 200, R"({"ok":true})").kind == Ok);
  CHECK(verdict_of(webhook, 200, R"({"ok":"true"})").kind == Busy);
  CHECK(verdict_of(webhook, 200, R"({"ok":false,"why":"channel"})").sentence.find("channel") !=
        std::string::npos);
  CHECK(verdict_of(webhook, 200, "<html>").kind == Busy);
  CHECK(verdict_of(webhook, 400, R"({"ok":true})").kind == Payload);
  webhook.body.success = {
      .statuses = {}, .pointer = "/result/state", .equals = "1", .equals_text = true};
  CHECK(verdict_of(webhook, 200, R"({"result":{"state":"1"}})").kind == Ok);
  CHECK(verdict_of(webhook, 200, R"({"result":{"state":1}})").kind == Busy);
}

TEST_CASE("how long to wait is read where the user says") {
  auto webhook = own();
  webhook.body.retry_after = "/limit/seconds";
  CHECK(verdict_of(webhook, 503, R"({"limit":{"seconds":12}})").retry_after == 12s);
  CHECK(verdict_of(webhook, 503, R"({"limit":{"seconds":"12"}})").retry_after == 12s);
  CHECK_FALSE(verdict_of(webhook, 503, R"({"limit":{"seconds":null}})").retry_after);
}
