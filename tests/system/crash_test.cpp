// kill -9 at fifty random moments, while aliases move and the receiver refuses the first attempt of
// every event: in the end it has every move, in order, and each id always had the same body.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

constexpr int kKills = 50;
constexpr int kAliases = 8;

// Refuses the first attempt of each event, takes the second.
class GrudgingReceiver {
 public:
  GrudgingReceiver() : server_([this](const auto& request) { return answer(request); }) {}

  std::string url() const { return server_.url("/hook"); }
  bool saw_changed_body() {
    const std::scoped_lock lock{mutex_};
    return saw_changed_body_;
  }
  // alias -> "from -> to", in the order of arrival, each event once.
  std::map<std::string, std::vector<std::string>> moves() {
    const std::scoped_lock lock{mutex_};
    return moves_;
  }

 private:
  simulated::ServedReply answer(const simulated::ServedRequest& request) {
    const std::scoped_lock lock{mutex_};
    auto& seen = seen_[request.header("webhook-id")];
    if (seen.attempts++ == 0) seen.body = request.body;
    saw_changed_body_ = saw_changed_body_ || seen.body != request.body;
    if (seen.attempts == 1) return {.status = 500};
    if (seen.attempts == 2) {
      const auto data = nlohmann::json::parse(request.body)["data"];
      if (data.contains("to"))
        moves_[data["alias"]].push_back(fmt::format("{} -> {}", data["from"].get<std::string>(),
                                                    data["to"].get<std::string>()));
    }
    return {.status = 204};
  }

  struct Seen {
    int attempts = 0;
    std::string body{};
  };
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;
  std::map<std::string, std::vector<std::string>> moves_;
  bool saw_changed_body_ = false;
  FakeUpstream server_;  // last: its threads use everything above
};

// The provider: what its aliases point to, and what they have done.
struct Provider {
  std::map<std::string, std::string> targets;
  std::map<std::string, std::vector<std::string>> moves;
  int version = 0;
  FakeUpstream upstream{[](const auto&) { return simulated::ServedReply{.status = 503}; }};

  Provider() {
    for (int i = 0; i < kAliases; ++i) targets[fmt::format("alias-{}", i)] = "v0";
    publish();
  }
  void publish() {
    upstream.answer_with([list = model_list(targets, {"v0", "v1"})](const auto&) { return list; });
  }
  void move(const std::string& alias) {
    const auto to = fmt::format("v{}", ++version);
    moves[alias].push_back(fmt::format("{} -> {}", targets[alias], to));
    targets[alias] = to;
    publish();
  }
};

bool shows(const Serve& serve, const std::string& alias, const std::string& target) {
  const auto line = fmt::format("alias=\"{}\",target=\"{}\"", alias, target);
  return eventually(
      [&] { return get(serve.url("/metrics")).body.find(line) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "fifty kills while aliases move and every first attempt is refused: no move is lost, doubled "
    "in body, or out of order") {
  Provider provider;
  GrudgingReceiver receiver;
  TempFolder folder;
  const auto config = fmt::format(
      R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{moved: {{polls: 1}}}}}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
  - {{name: w, url: "{}", events: ["alias.moved"]}}
)",
      provider.upstream.url(), receiver.url());
  std::mt19937 random{20'261'122};
  for (int life = 0; life < kKills; ++life) {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
    const auto alias = fmt::format("alias-{}", random() % kAliases);
    // A provider that moves twice between two looks shows one move only; here each is to be seen.
    if (life == 0 || random() % 3 != 0) {
      REQUIRE(shows(serve, alias, provider.targets[alias]));
      provider.move(alias);
    }
    // It does not end by itself: this is how long it lives.
    CHECK_FALSE(serve.process().wait(std::chrono::milliseconds{random() % 700}).has_value());
    serve.process().kill();
  }
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(eventually([&] { return receiver.moves() == provider.moves; }));
  CHECK(receiver.moves() == provider.moves);
  CHECK_FALSE(receiver.saw_changed_body());
  CHECK(provider.version > kKills / 2);
}
