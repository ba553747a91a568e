// The OpenAPI document against a validator and a JSON Schema implementation that we did not write,
// and against the answers of the real server: every path and status, every event type, hostile
// names. A property that the document lacks fails here.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/events/sample_event.h"
#include "tests/system/harness.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/credentials.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

// Everything that a snapshot can hold, also what is usually null.
void fill(Snapshot& snapshot) {
  auto view = sample::internlm();
  PollHistory history;
  history.add({.at = sample::noon(), .total = 250ms, .reason = std::nullopt});
  history.add({.at = sample::noon() + 1min, .total = 10s, .reason = Reason::Timeout});
  view.history = std::make_shared<const PollHistory>(history);
  auto known = *view.known;
  known.retirements = {{.model = "internlm2", .at = sample::noon(), .replacement = "internlm3"},
                       {.model = "internlm1"}};
  view.known = std::make_shared<const KnownView>(known);
  snapshot.endpoints[0] = std::make_shared<const EndpointView>(view);
  auto disabled = sample::oncall();
  disabled.status = WebhookStatus::Disabled;
  disabled.disabled_since = sample::noon();
  disabled.oldest_pending = sample::noon();
  snapshot.webhooks.push_back(std::make_shared<const WebhookView>(disabled));
  snapshot.daemon.store_sentence = "the disk is full";
  snapshot.daemon.store_ok = false;
}

void fill(FakeLog& log) {
  for (std::size_t i = 0; i < kEventTypes.size(); ++i)
    log.add(sample_event(static_cast<EventType>(i), "test", sample::noon(), i));
  std::uint64_t sequence = 9;
  for (const auto state : {DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead}) {
    log.rows.push_back({.sequence = sequence--,
                        .event_id = "evt_1",
                        .subject = "internlm/<b>",
                        .webhook = "oncall",
                        .state = state,
                        .created = sample::noon(),
                        .last_error = state == DeliveryState::Dead ? "refused" : ""});
  }
}

// The status and type that a stream begins with; its events are told apart by stream_test.cpp.
Answer begin_of_stream(const std::string& address) {
  Client client{address};
  client.send(request("GET", "/api/v1/events/stream"));
  Answer answer;
  answer.status = std::stoi(client.read_until("\r\n").substr(9, 3));
  const auto line = client.read_until("\r\n");
  answer.headers["content-type"] = line.substr(14, line.size() - 16);
  return answer;
}

struct Answers {
  Json all = Json::array();

  void add(const std::string& path, const Answer& answer, const std::string& method = "get") {
    all.push_back({{"method", method},
                   {"path", path},
                   {"status", answer.status},
                   {"type", answer.header("content-type")},
                   {"body", answer.body}});
  }
  void ask(const World& world, const std::string& path, const std::string& headers = "") {
    add(path, get(world.address(), path, headers));
  }
};

// Each act, done and refused for every reason that there is.
void act_in_all_ways(Answers& answers) {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .protection = protection({.users = {{"alice", hash_of("secret")},
                                                             {"bob", hash_of("secret")}}})}};
  world.snapshot.daemon.read_only_users =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bob"});
  std::expected<OperatorResult, std::string> result;
  world.operate = [&](const OperatorRequest&) { return result; };
  const auto send = [&](const char* method, const std::string& path, const char* credentials) {
    const auto answer = fetch(
        world.address(), request(method, path, "Authorization: " + basic(credentials) + "\r\n"));
    answers.add(path, answer, method == std::string{"POST"} ? "post" : "delete");
  };
  const std::string pin = "/api/v1/pins?endpoint=internlm&alias=x";
  for (const auto& [method, path] :
       std::vector<std::pair<const char*, std::string>>{{"POST", pin},
                                                        {"DELETE", pin},
                                                        {"POST", "/api/v1/drill"},
                                                        {"POST", "/api/v1/deliveries/4/o/retry"},
                                                        {"POST", "/api/v1/deliveries/4/o/drop"}}) {
    result = OperatorResult{.sentence = "done", .event_id = "evt_1"};
    send(method, path, "alice:secret");
    send(method, path, "bob:secret");
    send(method, path + (path == pin ? "&" : "?") + "no=where", "alice:secret");
    result = OperatorResult{.ok = false, .sentence = "there is no such thing"};
    send(method, path, "alice:secret");
    result = std::unexpected("the database is locked");
    send(method, path, "alice:secret");
  }
}

}  // namespace

TEST_CASE("the document is valid OpenAPI, and every answer is as it says") {
  Answers answers;
  World world;
  fill(world.snapshot);
  fill(world.log);
  for (const auto* path :
       {"/api/v1/endpoints", "/api/v1/aliases", "/api/v1/models", "/api/v1/events",
        "/api/v1/deliveries", "/api/v1/pins", "/api/v1/config", "/api/v1/session", "/api/v1/status",
        "/feed.atom", "/api/v1/endpoints/internlm/history"}) {
    const auto first = get(world.address(), path);
    answers.add(path, first);
    answers.ask(world, path, "If-None-Match: " + first.header("etag") + "\r\n");
    answers.ask(world, std::string{path} + "?no=where");
  }
  for (const auto* path : {"/api/v1/endpoints", "/api/v1/aliases", "/api/v1/models"}) {
    answers.ask(world, std::string{path} + "?endpoint=nobody");
    answers.ask(world, std::string{path} + "?limit=1");
  }
  answers.ask(world, "/api/v1/endpoints?endpoint=internlm&polls=true");
  answers.ask(world, "/api/v1/events/stream?no=where");
  answers.ask(world, "/api/v1/endpoints/nobody/history");
  World locked;
  locked.log.error = StoreError{.sentence = "the database is locked"};
  answers.ask(locked, "/api/v1/endpoints/internlm/history");
  answers.add("/api/v1/events/stream", begin_of_stream(world.address()));

  World broken{WebOptions{.listen_addresses = {"127.0.0.1:0"}, .limits = {.streams = 0}}};
  broken.snapshot = sample::empty_snapshot();
  broken.log.error = StoreError{.sentence = "the history is damaged"};
  for (const auto* path : {"/api/v1/events", "/api/v1/deliveries", "/feed.atom",
                           "/api/v1/events/stream", "/api/v1/status"}) {
    answers.ask(broken, path);
  }

  act_in_all_ways(answers);

  const system_test::TempFolder folder;
  const auto document = folder.write("openapi.json", get(world.address(), "/openapi.json").body);
  const auto file = folder.write("answers.json", answers.all.dump());
  system_test::Process node(
      {.arguments = {"node", MODELVANE_TESTS "/system/openapi.mjs", document, file},
       .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  CHECK(node.standard_output() == "valid\n");
}

TEST_CASE("every recorded event is as its published schema says, and nothing else is") {
  const World world;
  const system_test::TempFolder folder;
  const auto schema = folder.write("event.json", get(world.address(), "/schemas/event.json").body);
  const auto recorded = [](const std::string& format) {
    return MODELVANE_TESTS "/golden/notify/" + format + ".txt";
  };
  system_test::Process node(
      {.arguments = {"node", MODELVANE_TESTS "/system/event_schema.mjs", schema,
                     recorded("cloudevents"), recorded("github_dispatch")},
       .program = "/usr/bin/env"});
  CHECK_MESSAGE(node.wait() == 0, node.transcript());
  // Hostile names, too.
  CHECK(node.standard_output() ==
        fmt::format("{} events are valid\n", 2 * (kEventTypes.size() + 1)));
}
