// Twelve aliases move in one poll: what a chat, a program that takes single events, and the metrics
// and stream beside them see, also when the chat wants to be left alone for a while, or for good.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "daemon/text/time.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

constexpr int kAliases = 12;
constexpr int kVersions = 4;

std::string alias(int i) {
  return fmt::format("m{:02}-latest", i);
}

struct Provider {
  int version = 1;
  FakeUpstream server{[](const auto&) { return simulated::ServedReply{.status = 503}; }};

  Provider() { publish(); }
  void publish() {
    std::map<std::string, std::string> targets;
    std::vector<std::string> models;
    for (int i = 0; i < kAliases; ++i) {
      targets[alias(i)] = fmt::format("m{:02}-v{}", i, version);
      // A list that lost most of its ids would be quarantined.
      for (int v = 1; v <= kVersions; ++v) models.push_back(fmt::format("m{:02}-v{}", i, v));
    }
    server.answer_with([list = model_list(targets, models)](const auto&) { return list; });
  }
  void move_all() {
    ++version;
    publish();
  }
};

// Keeps what it was sent; answers as it was told to.
class Receiver {
 public:
  explicit Receiver(simulated::ServedReply reply) : reply_(std::move(reply)) {}

  void answer_with(simulated::ServedReply reply) {
    const std::scoped_lock lock{mutex_};
    reply_ = std::move(reply);
  }
  std::string url() const { return server_.url("/hook"); }
  std::vector<std::string> bodies() {
    const std::scoped_lock lock{mutex_};
    return bodies_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> bodies_;  // under mutex_
  simulated::ServedReply reply_;     // under mutex_
  FakeUpstream server_{[this](const auto& request) {
    const std::scoped_lock lock{mutex_};
    bodies_.push_back(request.body);
    return reply_;
  }};
};

const simulated::ServedReply kSlackOk{.status = 200, .body = "ok"};

std::string config_of(const Provider& provider, const std::string& webhooks) {
  return fmt::format(
      R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{moved: {{polls: 1}}}}}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
{})",
      provider.server.url(), webhooks);
}

std::string webhook(const std::string& name, const std::string& format, const std::string& url) {
  return fmt::format(
      "  - {{name: {}, format: {}, url: \"{}\", events: [alias.moved], timeout: 5s}}\n", name,
      format, url);
}

bool has_metric(const Serve& serve, const std::string& line) {
  return eventually(
      [&] { return get(serve.url("/metrics")).body.find(line + "\n") != std::string::npos; });
}

bool knows_aliases(const Serve& serve) {
  return has_metric(
      serve, fmt::format(R"(modelvane_aliases{{endpoint="m",state="resolved"}} {})", kAliases));
}

std::string run(const TempFolder& folder, std::vector<std::string> arguments) {
  arguments.push_back("--storage.path=" + folder.file("data"));
  Process process{{.arguments = std::move(arguments)}};
  CHECK_MESSAGE(process.wait() == 0, process.transcript());
  return process.standard_output();
}

// The longest time from an event to its next attempt.
std::chrono::seconds longest_wait(const TempFolder& folder, const std::string& webhook) {
  std::chrono::seconds longest{0};
  for (const auto& row :
       Json::parse(run(folder, {"deliveries", "list", "--output", "json", "--webhook", webhook}))) {
    CHECK(row["state"] == "pending");
    const auto wait = *parse_rfc3339(row["next_attempt"].get<std::string>()) -
                      *parse_rfc3339(row["created"].get<std::string>());
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::seconds>(wait));
  }
  return longest;
}

}  // namespace

TEST_CASE(
    "twelve moves of one poll are one message for people and twelve numbered events for programs") {
  const TempFolder folder;
  Provider provider;
  Receiver chat{kSlackOk};
  Receiver program{{.status = 204}};
  Serve serve(folder, config_of(provider, webhook("chat", "slack", chat.url()) +
                                              webhook("program", "cloudevents", program.url())));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(knows_aliases(serve));
  Process curl({.arguments = {"curl", "-sN", serve.url("/api/v1/events/stream?type=alias.moved")},
                .program = "/usr/bin/env"});
  REQUIRE(curl.wait_for_line("retry: 3000"));
  provider.move_all();
  REQUIRE(eventually([&] { return program.bodies().size() == kAliases; }));
  for (const auto* name : {"chat", "program"}) {
    CHECK(has_metric(
        serve, fmt::format(R"(modelvane_deliveries_total{{webhook="{}"}} {})", name, kAliases)));
    CHECK(has_metric(serve, fmt::format(R"(modelvane_outbox_pending{{webhook="{}"}} 0)", name)));
  }
  REQUIRE(chat.bodies().size() == 1);
  const auto message = Json::parse(chat.bodies().front());
  CHECK(message["text"].get<std::string>().find("12") != std::string::npos);
  for (int i = 0; i < kAliases; ++i)
    CHECK(chat.bodies().front().find(alias(i)) != std::string::npos);

  std::map<std::string, std::string> arrived;  // by sequence
  for (const auto& body : program.bodies()) {
    const auto event = Json::parse(body);
    arrived[event["sequence"]] = event["data"]["alias"];
  }
  REQUIRE(arrived.size() == kAliases);
  int i = 0;
  for (const auto& [sequence, name] : arrived) {
    CHECK(name == alias(i++));
    CHECK(curl.wait_for_line("id: " + sequence).has_value());
  }
  CHECK(curl.standard_output().find("event: alias.moved\ndata: {\"specversion\":\"1.0\"") !=
        std::string::npos);
}

TEST_CASE(
    "the moves of one alias reach a program in their order, also when the first one is refused for "
    "a while") {
  const TempFolder folder;
  Provider provider;
  Receiver program{{.status = 503}};
  Serve serve(folder, config_of(provider, webhook("program", "cloudevents", program.url())));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(knows_aliases(serve));
  for (const int moved : {1, 2, 3}) {
    provider.move_all();
    REQUIRE(has_metric(
        serve, fmt::format(R"(modelvane_events_total{{endpoint="m",type="alias.moved"}} {})",
                           moved * kAliases)));
  }
  program.answer_with({.status = 204});
  const auto refused = program.bodies().size();
  run(folder, {"deliveries", "retry", "--webhook", "program"});
  REQUIRE(has_metric(
      serve, fmt::format(R"(modelvane_deliveries_total{{webhook="program"}} {})", 3 * kAliases)));
  std::map<std::string, std::vector<std::string>> targets;
  const auto bodies = program.bodies();
  for (std::size_t i = refused; i < bodies.size(); ++i) {
    const auto data = Json::parse(bodies[i])["data"];
    targets[data["alias"]].push_back(data["to"]);
  }
  for (int i = 0; i < kAliases; ++i) {
    const auto model = fmt::format("m{:02}-v", i);
    CHECK(targets[alias(i)] == std::vector{model + "2", model + "3", model + "4"});
  }
}

TEST_CASE(
    "Slack's 200 with another word than ok is a failure that people must mend, and all of the "
    "message waits") {
  const TempFolder folder;
  Provider provider;
  Receiver chat{{.status = 200, .body = "no_service"}};
  Serve serve(folder, config_of(provider, webhook("chat", "slack", chat.url())));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(knows_aliases(serve));
  provider.move_all();
  CHECK(has_metric(serve, R"(modelvane_webhook_state{webhook="chat",state="misconfigured"} 1)"));
  CHECK(has_metric(serve, R"(modelvane_delivery_failures_total{webhook="chat",class="config"} 1)"));
  CHECK(
      has_metric(serve, fmt::format(R"(modelvane_outbox_pending{{webhook="chat"}} {})", kAliases)));
  CHECK(run(folder, {"deliveries", "list"}).find("no_service") != std::string::npos);
  chat.answer_with(kSlackOk);
  run(folder, {"deliveries", "retry", "--webhook", "chat"});
  CHECK(has_metric(serve,
                   fmt::format(R"(modelvane_deliveries_total{{webhook="chat"}} {})", kAliases)));
  CHECK(chat.bodies().size() == 2);
}

TEST_CASE("a chat that asks for a pause gets it, also for what happens meanwhile") {
  const TempFolder folder;
  Provider provider;
  Receiver chat{{.status = 429, .headers = {{"Retry-After", "300"}}}};
  Serve serve(folder, config_of(provider, webhook("chat", "slack", chat.url())));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(knows_aliases(serve));
  provider.move_all();
  REQUIRE(has_metric(serve, R"(modelvane_delivery_failures_total{webhook="chat",class="busy"} 1)"));
  CHECK(longest_wait(folder, "chat") >= 300s);
  provider.move_all();
  REQUIRE(has_metric(
      serve, fmt::format(R"(modelvane_outbox_pending{{webhook="chat"}} {})", 2 * kAliases)));
  REQUIRE(provider.server.wait_for_requests(2));
  CHECK(chat.bodies().size() == 1);
}

TEST_CASE(
    "a chat that is gone stays off over kill -9, and gets all events in one message once an "
    "operator says so") {
  const TempFolder folder;
  Provider provider;
  Receiver chat{{.status = 410, .body = "channel_is_archived"}};
  const auto config = config_of(provider, webhook("chat", "slack", chat.url()));
  const std::string off = R"(modelvane_webhook_state{webhook="chat",state="disabled"})";
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    REQUIRE(knows_aliases(serve));
    provider.move_all();
    REQUIRE(has_metric(serve, off + " 1"));
    // It may be shown before it is durable.
    REQUIRE(eventually([&] {
      return run(folder, {"deliveries", "list"}).find("channel_is_archived") != std::string::npos;
    }));
    serve.process().kill();
  }
  chat.answer_with(kSlackOk);
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(has_metric(serve, off + " 1"));
  provider.move_all();
  REQUIRE(has_metric(
      serve, fmt::format(R"(modelvane_outbox_pending{{webhook="chat"}} {})", 2 * kAliases)));
  CHECK(chat.bodies().size() == 1);
  run(folder, {"deliveries", "retry", "--webhook", "chat"});
  CHECK(has_metric(serve, off + " 0"));
  CHECK(has_metric(
      serve, fmt::format(R"(modelvane_deliveries_total{{webhook="chat"}} {})", 2 * kAliases)));
  CHECK(chat.bodies().size() == 2);
}
