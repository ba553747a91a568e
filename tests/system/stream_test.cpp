// The stream of the real daemon, read by curl: events come as they happen, and across kill -9 and
// lost connections each comes once.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <csignal>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

constexpr int kAliases = 30;

// Three of its aliases move at each poll, each to a target of its own, so that none alternates.
struct Upstream {
  std::atomic<int> polls{0};
  FakeUpstream server{[this](const auto&) {
    const int poll = polls++;
    std::map<std::string, std::string> targets;
    std::vector<std::string> models;
    for (int i = 0; i < kAliases; ++i) {
      targets[fmt::format("m{}-latest", i)] = fmt::format("m{}-{}", i, (3 * poll + i) / kAliases);
    }
    for (const auto& [alias, target] : targets) models.push_back(target);
    return model_list(targets, models);
  }};
};

std::string config(const Upstream& upstream) {
  return fmt::format(
      R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{moved: {{polls: 1}}}}}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
)",
      upstream.server.url());
}

// The value of a field ("id: ") in each complete block of a stream.
std::vector<std::string> values(const std::string& text, const std::string& field) {
  std::vector<std::string> all;
  for (std::size_t at = 0, end = 0; (end = text.find("\n\n", at)) != std::string::npos;
       at = end + 2) {
    const auto block = "\n" + text.substr(at, end - at) + "\n";
    const auto found = block.find("\n" + field);
    if (found == std::string::npos) continue;
    const auto first = found + 1 + field.size();
    all.push_back(block.substr(first, block.find('\n', first) - first));
  }
  return all;
}

}  // namespace

TEST_CASE(
    "curl gets every event once and in order, across kill -9 of the daemon and lost connections") {
  const TempFolder folder;
  Upstream upstream;
  std::string last = "0";
  std::vector<std::string> ids;
  for (int life = 0; life < 3; ++life) {
    Serve serve{folder, config(upstream)};
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    for (int visit = 0; visit < 2; ++visit) {
      Process curl({.arguments = {"curl", "-sN", "-H", "Last-Event-ID: " + last,
                                  serve.url("/api/v1/events/stream")},
                    .program = "/usr/bin/env"});
      REQUIRE_MESSAGE(
          eventually([&] { return values(curl.standard_output(), "id: ").size() >= 5; }),
          curl.transcript());
      curl.kill();
      for (auto& id : values(curl.standard_output(), "id: ")) ids.push_back(std::move(id));
      last = ids.back();
    }
    serve.process().kill();
  }
  for (std::size_t i = 0; i < ids.size(); ++i) CHECK(ids[i] == fmt::format("{:020}", i + 1));
}

TEST_CASE(
    "the stream's data is the event as the API has it, byte for byte, and snapshots say when to "
    "look again") {
  const TempFolder folder;
  Upstream upstream;
  Serve serve{folder, config(upstream)};
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  Process curl(
      {.arguments = {"curl", "-sN",
                     serve.url("/api/v1/events/stream?after=0&snapshots=true&type=alias.moved")},
       .program = "/usr/bin/env"});
  REQUIRE_MESSAGE(eventually([&] {
                    const auto text = curl.standard_output();
                    return text.find("event: snapshot\n") != std::string::npos &&
                           text.find("id: ") != std::string::npos;
                  }),
                  curl.transcript());
  const auto text = curl.standard_output();
  CHECK(text.starts_with("retry: 3000\n\n"));
  const auto first = text.find("event: alias.moved\ndata: ") + 25;
  const auto event = text.substr(first, text.find('\n', first) - first);
  CHECK(get(serve.url("/api/v1/events?limit=1000")).body.find(event) != std::string::npos);
}

TEST_CASE("an endless stream does not hold up the daemon's end") {
  const TempFolder folder;
  Upstream upstream;
  Serve serve{folder, config(upstream)};
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  Process curl({.arguments = {"curl", "-sN", serve.url("/api/v1/events/stream")},
                .program = "/usr/bin/env"});
  REQUIRE(curl.wait_for_line("retry: 3000"));
  serve.process().signal(SIGTERM);
  CHECK(serve.process().wait() == 0);
  CHECK(curl.wait() != std::nullopt);
}

TEST_CASE("serve refuses an external URL that is none, before anything starts") {
  Process serve({.arguments = {"serve", "--web.external-url=vane"}});
  CHECK(serve.wait() == 2);
  CHECK(serve.standard_error().find("--web.external-url: \"vane\" is not a URL") !=
        std::string::npos);
}
