// Requests of the renderers before programs that others wrote: the vendors' types and parsers,
// GitHub's verifier, Debian's `webhook` and a real Alertmanager with a webhook receiver of its own.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/notify/alert.h"
#include "tests/system/alertmanager.h"
#include "tests/system/harness.h"
#include "tests/system/prometheus.h"
#include "tests/unit/notify/samples.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

Time wall() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

// As the transport would send it.
Reply send(const HttpRequest& request) {
  std::vector<std::string> headers;
  for (const auto& [name, value] : request.headers) headers.push_back(name + ": " + value);
  return post(request.url, request.body, headers);
}

std::vector<StoredEvent> events_of_every_type() {
  std::vector<StoredEvent> events;
  for (const auto type_name : kEventTypes.labels())
    events.push_back(samples::stored(samples::event_of(*kEventTypes.parse(type_name))));
  events.push_back(samples::stored(samples::hostile()));
  return events;
}

Json bodies_of(const char* format) {
  const auto events = events_of_every_type();
  Json bodies = Json::array();
  for (const auto& event : events)
    bodies.push_back(samples::request_of(samples::webhook(format), {event}, samples::then()).body);
  bodies.push_back(samples::request_of(samples::webhook(format), events, samples::then()).body);
  return bodies;
}

std::string header_of(const HttpRequest& request, const std::string& wanted) {
  for (const auto& [name, value] : request.headers) {
    if (name == wanted) return value;
  }
  return "";
}

WebhookConfig webhook_to(const Alertmanager& alertmanager) {
  auto webhook = samples::webhook("alertmanager");
  webhook.url = {SecretRef::From::Inline, alertmanager.url("")};
  return webhook;
}

void take(const Alertmanager& alertmanager, const StoredEvent& event, Time now) {
  const auto reply = send(samples::request_of(webhook_to(alertmanager), {event}, now));
  CHECK_MESSAGE(reply.status == 200, reply.body);
}

}  // namespace

TEST_CASE(
    "the types of Slack and Discord, the parser of Teams' cards and GitHub's verifier accept every "
    "body") {
  auto webhook = samples::webhook("cloudevents");
  webhook.github_signature = {SecretRef::From::Inline, "hush"};
  Json signed_bodies = Json::array();
  for (const auto& event : events_of_every_type()) {
    const auto request = samples::request_of(webhook, {event}, samples::then());
    signed_bodies.push_back({{"secret", "hush"},
                             {"body", request.body},
                             {"signature", header_of(request, "X-Hub-Signature-256")}});
  }
  const Json all{{"slack", bodies_of("slack")},
                 {"discord", bodies_of("discord")},
                 {"teams", bodies_of("teams")},
                 {"signed", signed_bodies}};
  TempFolder folder;
  Process node({.arguments = {"node", MODELVANE_TESTS "/system/accept.mjs",
                              folder.write("bodies.json", all.dump())},
                .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  // One of each type, hostile names, and for chats a digest.
  const auto types = kEventTypes.size();
  CHECK(node.standard_output() ==
        fmt::format("{0} Slack, {0} Discord, {0} Teams, {1} signed\n", types + 2, types + 1));
}

TEST_CASE("Debian's webhook runs its command for a signed event, and for no other") {
  TempFolder folder;
  const Json hook{
      {"id", "vane"},
      {"execute-command", "/bin/echo"},
      {"include-command-output-in-response", true},
      {"pass-arguments-to-command", Json::array({{{"source", "payload"}, {"name", "data.to"}}})},
      {"trigger-rule",
       {{"match",
         {{"type", "payload-hmac-sha256"},
          {"secret", "hush"},
          {"parameter", {{"source", "header"}, {"name", "X-Hub-Signature-256"}}}}}}}};
  const auto hooks = folder.write("hooks.json", Json::array({hook}).dump());
  const int port = free_port();
  Process server({.arguments = {"-hooks", hooks, "-ip", "127.0.0.1", "-port", std::to_string(port)},
                  .program = "/usr/bin/webhook"});
  const auto base = fmt::format("http://127.0.0.1:{}", port);
  REQUIRE_MESSAGE(eventually([&] { return get(base + "/").status != 0; }), server.transcript());
  auto webhook = samples::webhook("cloudevents");
  webhook.url = {SecretRef::From::Inline, base + "/hooks/vane"};
  webhook.github_signature = {SecretRef::From::Inline, "hush"};
  const auto event = samples::stored(samples::event_of(EventType::AliasMoved));
  const auto reply = send(samples::request_of(webhook, {event}, samples::then()));
  CHECK(reply.status == 200);
  CHECK(reply.body.find("internlm3-20b-instruct") != std::string::npos);
  webhook.github_signature = {SecretRef::From::Inline, "another"};
  CHECK(send(samples::request_of(webhook, {event}, samples::then())).status != 200);
}

TEST_CASE("a real Alertmanager takes the alert of every event") {
  Alertmanager alertmanager;
  for (const auto& event : events_of_every_type()) take(alertmanager, event, samples::then() + 1s);
  CHECK(get(alertmanager.url("/api/v2/alerts")).status == 200);
}

TEST_CASE("an alert appears, notifies once, survives Alertmanager's restart and is resolved") {
  Alertmanager alertmanager;
  const auto begun = wall();
  auto down = samples::event_of(EventType::EndpointDown);
  down.time = begun - 5s;
  auto up = samples::event_of(EventType::EndpointUp);
  up.time = begun;
  up.lasted = 5s;
  const auto down_event = samples::stored(down);

  take(alertmanager, down_event, begun);
  REQUIRE(eventually([&] { return alertmanager.notified("firing") == 1; }));
  CHECK(alertmanager.active() == 1);
  take(alertmanager, down_event, begun + kAlertPostInterval);  // the same alert, held for longer

  alertmanager.stop();
  alertmanager.start();
  take(alertmanager, down_event, begun + 2 * kAlertPostInterval);
  CHECK(eventually([&] { return alertmanager.active() == 1; }));

  take(alertmanager, samples::stored(up), begun + 2 * kAlertPostInterval);
  REQUIRE(eventually([&] { return alertmanager.notified("resolved") == 1; }));
  CHECK(alertmanager.active() == 0);
  CHECK(alertmanager.notified("firing") == 1);
}

TEST_CASE("a move is a new alert for each target, and is resolved after alert_duration") {
  Alertmanager alertmanager;
  const auto now = wall();
  auto moved = samples::event_of(EventType::AliasMoved);
  moved.time = now - 1s;
  const auto first = samples::stored(moved);
  moved.to = "internlm4";
  take(alertmanager, first, now);
  take(alertmanager, samples::stored(moved), now);
  REQUIRE(eventually([&] { return alertmanager.notified("firing") == 2; }));
  CHECK(alertmanager.active() == 2);
  auto webhook = webhook_to(alertmanager);
  webhook.alert_duration = 500ms;  // it is over
  CHECK(send(samples::request_of(webhook, {first}, now)).status == 200);
  CHECK(eventually([&] { return alertmanager.notified("resolved") == 1; }));
}
