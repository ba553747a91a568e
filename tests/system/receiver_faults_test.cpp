// Receivers that do not behave, and what an operator does about them: the real program, its
// commands, and servers whose rudeness the test chooses. A drill reaches every webhook by itself,
// so each case sees its own receiver only.
#include <doctest/doctest.h>
#include <fmt/chrono.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "daemon/text/time.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"
#include "tests/unit/transport/fake_server.h"

using namespace modelvane;
using namespace system_test;
using modelvane::test::Connection;
using modelvane::test::FakeServer;
using Json = nlohmann::json;

namespace {

std::string config_of(const FakeUpstream& upstream, const std::string& webhooks,
                      const std::string& pins = "") {
  return fmt::format(R"(instance: test
endpoints:
  - {{name: m, url: "{}", interval: 1s, timeout: 1s, aliases: [{{field: /ref_model}}]{}}}
webhooks:
{})",
                     upstream.url(), pins, webhooks);
}

std::string webhook(const std::string& name, const std::string& url) {
  // A drill goes to all, and what is told of failing webhooks to none of them.
  return fmt::format("  - {{name: {}, url: \"{}\", timeout: 1s, events: [\"alias.*\"]}}\n", name,
                     url);
}

// Pages are served before the store is open; commands need the store.
bool is_ready(const Serve& serve) {
  return serve.is_up() && eventually([&] { return get(serve.url("/-/ready")).status == 200; });
}

struct Answer {
  int code = -1;
  std::string out;
  std::string transcript;
};

Answer run(const TempFolder& folder, std::vector<std::string> arguments) {
  arguments.push_back("--storage.path=" + folder.file("data"));
  Process process{{.arguments = std::move(arguments)}};
  const auto code = process.wait();
  return {code.value_or(-1), process.standard_output(), process.transcript()};
}

std::map<std::string, Json> deliveries(const TempFolder& folder) {
  std::map<std::string, Json> rows;
  const auto answer = run(folder, {"deliveries", "list", "--output", "json"});
  for (const auto& row : Json::parse(answer.out)) rows[row["webhook"]] = row;
  return rows;
}

Duration wait_of(const Json& row) {
  return *parse_rfc3339(row["next_attempt"].get<std::string>()) -
         *parse_rfc3339(row["created"].get<std::string>());
}

void answer(Connection& connection, const std::string& status, const std::string& headers = "") {
  // To the end: a connection that is closed over unread bytes is reset.
  const auto head = connection.read_head();
  const auto length = head.find("Content-Length: ");
  if (length != std::string::npos) connection.read_exactly(std::stoul(head.substr(length + 16)));
  connection.send("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + headers + "\r\n");
}

}  // namespace

TEST_CASE(
    "every kind of trouble ends as documented: what waits, for how long, and what is given up") {
  const TempFolder folder;
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  const auto in_twenty_minutes =
      fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                  std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                      std::chrono::minutes{20});
  FakeServer seconds{
      [](Connection& c) { answer(c, "429 Too Many Requests", "Retry-After: 300\r\n"); }};
  FakeServer date{
      [&](Connection& c) { answer(c, "503 Busy", "Retry-After: " + in_twenty_minutes + "\r\n"); }};
  FakeServer bare{[](Connection& c) { answer(c, "429 Too Many Requests"); }};
  FakeServer hang{[](Connection& c) { c.hold(); }};
  FakeServer half{[](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 204 No Con");
  }};
  FakeServer reset{[](Connection& c) {
    c.read_head();
    c.reset_on_close();
  }};
  FakeServer gone{[](Connection& c) { answer(c, "410 Gone"); }};
  FakeServer refuses{[](Connection& c) { answer(c, "422 Unprocessable"); }};
  FakeServer moved{
      [](Connection& c) { answer(c, "307 Moved", "Location: http://127.0.0.1:1/\r\n"); }};
  FakeServer good{[](Connection& c) { answer(c, "204 No Content"); }};
  std::string webhooks;
  for (const auto& [name, server] : std::map<std::string, FakeServer*>{{"seconds", &seconds},
                                                                       {"date", &date},
                                                                       {"bare", &bare},
                                                                       {"hang", &hang},
                                                                       {"half", &half},
                                                                       {"reset", &reset},
                                                                       {"gone", &gone},
                                                                       {"refuses", &refuses},
                                                                       {"moved", &moved},
                                                                       {"good", &good}}) {
    webhooks += webhook(name, server->url("/hook"));
  }
  webhooks += webhook("plain", fmt::format("https://127.0.0.1:{}/hook", good.port()));
  Serve serve(folder, config_of(upstream, webhooks));
  REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
  const auto drill = run(folder, {"drill"});
  CHECK_MESSAGE(drill.code == 1, drill.transcript);
  auto rows = deliveries(folder);
  REQUIRE(rows.size() == 11);
  for (const auto* waiting :
       {"seconds", "date", "bare", "hang", "half", "reset", "gone", "moved", "plain"}) {
    CAPTURE(waiting);
    CHECK(rows[waiting]["state"] == "pending");
    CHECK(rows[waiting]["attempts"] >= 1);
    CHECK_FALSE(rows[waiting]["last_error"].get<std::string>().empty());
  }
  CHECK(rows["good"]["state"] == "delivered");
  CHECK(rows["refuses"]["state"] == "dead");
  using namespace std::chrono_literals;
  CHECK(wait_of(rows["seconds"]) >= 300s);
  CHECK(wait_of(rows["date"]) >= 19min);
  CHECK(wait_of(rows["bare"]) >= 1s);
  CHECK(wait_of(rows["hang"]) >= 60s);
  CHECK(wait_of(rows["half"]) < 20s);
  CHECK(wait_of(rows["reset"]) < 20s);
  CHECK(wait_of(rows["moved"]) >= 90s);
  CHECK(moved.accepts() == 1);
  const auto metrics = get(serve.url("/metrics")).body;
  for (const auto* line : {R"(modelvane_webhook_state{webhook="gone",state="disabled"} 1)",
                           R"(modelvane_webhook_state{webhook="moved",state="misconfigured"} 1)",
                           R"(modelvane_webhook_state{webhook="bare",state="failing"} 1)",
                           R"(modelvane_webhook_state{webhook="good",state="ok"} 1)",
                           R"(modelvane_dead_letters{webhook="refuses"} 1)"}) {
    CAPTURE(line);
    CHECK(metrics.find(line) != std::string::npos);
  }
}

TEST_CASE(
    "a webhook that is gone stays off over a restart, keeps its events, and gets them when an "
    "operator asks") {
  const TempFolder folder;
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  std::atomic<bool> is_gone{true};
  FakeServer receiver{[&](Connection& c) {
    answer(c, is_gone ? "410 Gone" : "204 No Content", "Connection: close\r\n");
  }};
  const auto config = config_of(upstream, webhook("w", receiver.url("/hook")));
  const std::string off = R"(modelvane_webhook_state{webhook="w",state="disabled"} 1)";
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
    CHECK(run(folder, {"drill", "--webhook", "w"}).code == 1);
    CHECK(get(serve.url("/metrics")).body.find(off) != std::string::npos);
    serve.process().kill();
  }
  is_gone = false;
  Serve serve(folder, config);
  REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
  REQUIRE(
      eventually([&] { return get(serve.url("/metrics")).body.find(off) != std::string::npos; }));
  CHECK(receiver.accepts() == 1);
  CHECK(run(folder, {"deliveries", "retry", "--webhook", "w"}).code == 0);
  CHECK(eventually([&] { return deliveries(folder)["w"]["state"] == "delivered"; }));
  CHECK(get(serve.url("/metrics")).body.find(off) == std::string::npos);
}

TEST_CASE("dead letters are sent again or dropped while the daemon runs, and the gauge follows") {
  const TempFolder folder;
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  std::atomic<bool> refuses{true};
  FakeServer receiver{[&](Connection& c) {
    answer(c, refuses ? "400 Bad" : "204 No Content", "Connection: close\r\n");
  }};
  Serve serve(folder, config_of(upstream, webhook("w", receiver.url("/hook"))));
  REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
  const auto has_dead = [&](int count) {
    return eventually([&] {
      return get(serve.url("/metrics"))
                 .body.find(fmt::format("modelvane_dead_letters{{webhook=\"w\"}} {}", count)) !=
             std::string::npos;
    });
  };
  CHECK(run(folder, {"drill"}).code == 1);
  CHECK(run(folder, {"drill", "--type", "alias.moved"}).code == 1);
  CHECK_MESSAGE(has_dead(2), serve.process().transcript());
  CHECK(run(folder, {"deliveries", "drop", "1"}).code == 0);
  CHECK(has_dead(1));
  refuses = false;
  CHECK(run(folder, {"deliveries", "retry", "2"}).code == 0);
  CHECK(has_dead(0));
  CHECK(eventually([&] { return deliveries(folder)["w"]["state"] == "delivered"; }));
  CHECK(run(folder, {"deliveries", "drop", "2"}).code == 1);
  CHECK(run(folder, {"deliveries", "retry", "99"}).transcript.find("no event 99 is stored") !=
        std::string::npos);
}

TEST_CASE("a request that is made while no daemon runs is applied at the next start, once") {
  const TempFolder folder;
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m-1"}}, {"m-1"}); }};
  const auto config = config_of(upstream, "  []\n", ", pins: {m-latest: [m-0]}");
  const std::string kept = R"(modelvane_alias_pinned_ok{endpoint="m",alias="m-latest"} 1)";
  const auto is_kept = [&](const Serve& serve) {
    return eventually(
        [&] { return get(serve.url("/metrics")).body.find(kept) != std::string::npos; });
  };
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
    REQUIRE(upstream.wait_for_requests(2));
    serve.process().signal(SIGTERM);
    CHECK(serve.process().wait() == 0);
  }
  const auto stored = run(folder, {"pin", "accept", "m", "m-latest"});
  CHECK(stored.code == 0);
  CHECK(stored.out.find("no daemon runs") != std::string::npos);
  CHECK(run(folder, {"drill"}).code == 1);
  {
    Serve serve(folder, config);
    REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
    CHECK(is_kept(serve));
    CHECK(run(folder, {"pin", "remove", "m", "m-latest"}).code == 0);
    CHECK(get(serve.url("/metrics")).body.find(kept) == std::string::npos);
    CHECK(run(folder, {"pin", "set", "m", "m-latest", "m-1", "m-2"}).code == 0);
    serve.process().kill();
  }
  Serve serve(folder, config);
  REQUIRE_MESSAGE(is_ready(serve), serve.process().transcript());
  CHECK(is_kept(serve));
  const auto list = run(
      folder, {"pin", "list", "--config.file", folder.file("modelvane.yml"), "--output", "json"});
  CHECK(Json::parse(list.out)[0]["approved"] == Json{"m-1", "m-2"});
}
