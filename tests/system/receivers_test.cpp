// Requests of the renderers before programs that others wrote: the vendors' types and parsers, GitHub's verifier, Debian's
// `webhook` and a real Alertmanager with a webhook receiver of its own.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <nlohmann/json.hpp>

#include "daemon/notify/alert.h"
#include "tests/system/harness.h"
#include "tests/unit/notify/samples.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

// The kernel's choice, free at this moment: these programs do not tell which port they took for port 0.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

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
  for (const auto type_name : kEventTypeNames) events.push_back(samples::stored(samples::event_of(*event_type(type_name))));
  events.push_back(samples::stored(samples::hostile()));
  return events;
}

Json bodies_of(const char* format) {
  const auto events = events_of_every_type();
  Json bodies = Json::array();
  for (const auto& event : events) bodies.push_back(samples::request_of(samples::webhook(format), {event}, samples::then()).body);
  bodies.push_back(samples::request_of(samples::webhook(format), events, samples::then()).body);
  return bodies;
}

std::string header_of(const HttpRequest& request, const std::string& wanted) {
  for (const auto& [name, value] : request.headers) {
    if (name == wanted) return value;
  }
  return "";
}

// A real Alertmanager that notifies a receiver of ours.
class Alertmanager {
 public:
  Alertmanager() { start(); }

  void start() {
    process_.reset();
    const auto config =
        folder_.write("alertmanager.yml",
                      fmt::format("route: {{receiver: r, group_by: [alertname, alias, to], group_wait: 100ms, group_interval: "
                                  "1s, repeat_interval: 1h}}\nreceivers: [{{name: r, webhook_configs: [{{url: '{}', "
                                  "send_resolved: true}}]}}]\n",
                                  receiver_.url("/alert")));
    process_.emplace(
        Process::Options{.arguments = {"--config.file=" + config, "--storage.path=" + folder_.file("data"),
                                       "--cluster.listen-address=", fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
                         .program = "/usr/bin/prometheus-alertmanager"});
    REQUIRE_MESSAGE(eventually([&] { return get(url("/-/ready")).status == 200; }), process_->transcript());
  }
  void stop() {
    process_->signal(SIGTERM);
    REQUIRE(process_->wait() == 0);
  }

  std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  WebhookConfig webhook() const {
    auto webhook = samples::webhook("alertmanager");
    webhook.url = {SecretRef::From::Inline, url("")};
    return webhook;
  }
  void take(const StoredEvent& event, Time now) {
    const auto reply = send(samples::request_of(webhook(), {event}, now));
    CHECK_MESSAGE(reply.status == 200, reply.body);
  }
  std::size_t active() const {
    const auto alerts = Json::parse(get(url("/api/v2/alerts")).body, nullptr, false);
    return alerts.is_array() ? alerts.size() : 0;
  }
  // Notifications of that status.
  std::size_t notified(const std::string& status) {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count(notifications_, status));
  }

 private:
  TempFolder folder_;
  std::mutex mutex_;
  std::vector<std::string> notifications_;
  FakeUpstream receiver_{[this](const auto& request) {
    const std::scoped_lock lock{mutex_};
    notifications_.push_back(Json::parse(request.body)["status"]);
    return simulated::ServedReply{.status = 200};
  }};
  int port_ = free_port();
  std::optional<Process> process_;
};

}  // namespace

TEST_CASE("the types of Slack and Discord, the parser of Teams' cards and GitHub's verifier accept every body") {
  auto webhook = samples::webhook("cloudevents");
  webhook.github_signature = {SecretRef::From::Inline, "hush"};
  Json signed_bodies = Json::array();
  for (const auto& event : events_of_every_type()) {
    const auto request = samples::request_of(webhook, {event}, samples::then());
    signed_bodies.push_back(
        {{"secret", "hush"}, {"body", request.body}, {"signature", header_of(request, "X-Hub-Signature-256")}});
  }
  const Json all{
      {"slack", bodies_of("slack")}, {"discord", bodies_of("discord")}, {"teams", bodies_of("teams")}, {"signed", signed_bodies}};
  TempFolder folder;
  Process node({.arguments = {"node", MODELVANE_TESTS "/system/accept.mjs", folder.write("bodies.json", all.dump())},
                .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  CHECK(node.standard_output() == "23 Slack, 23 Discord, 23 Teams, 22 signed\n");
}

TEST_CASE("Debian's webhook runs its command for a signed event, and for no other") {
  TempFolder folder;
  const Json hook{{"id", "vane"},
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
  Process server(
      {.arguments = {"-hooks", hooks, "-ip", "127.0.0.1", "-port", std::to_string(port)}, .program = "/usr/bin/webhook"});
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
  for (auto event : events_of_every_type()) alertmanager.take(event, samples::then() + 1s);
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

  alertmanager.take(down_event, begun);
  REQUIRE(eventually([&] { return alertmanager.notified("firing") == 1; }));
  CHECK(alertmanager.active() == 1);
  alertmanager.take(down_event, begun + kAlertPostInterval);  // the same alert, held for longer

  alertmanager.stop();
  alertmanager.start();
  alertmanager.take(down_event, begun + 2 * kAlertPostInterval);
  CHECK(eventually([&] { return alertmanager.active() == 1; }));

  alertmanager.take(samples::stored(up), begun + 2 * kAlertPostInterval);
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
  alertmanager.take(first, now);
  alertmanager.take(samples::stored(moved), now);
  REQUIRE(eventually([&] { return alertmanager.notified("firing") == 2; }));
  CHECK(alertmanager.active() == 2);
  auto webhook = alertmanager.webhook();
  webhook.alert_duration = 500ms;  // it is over
  CHECK(send(samples::request_of(webhook, {first}, now)).status == 200);
  CHECK(eventually([&] { return alertmanager.notified("resolved") == 1; }));
}
