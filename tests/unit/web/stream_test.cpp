// Event streams through the real front, on bare sockets.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <vector>

#include "tests/sanitized.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

namespace {

const std::string kPath = "/api/v1/events/stream";

// Opens a stream and reads its head.
Client open_stream(const std::string& address, const std::string& query = "",
                   const std::string& headers = "") {
  Client client{address};
  REQUIRE(client.is_connected());
  client.send(request("GET", kPath + query, headers));
  const auto head = client.read_until("retry: 3000\n\n");
  CHECK_MESSAGE(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"), head);
  return client;
}

// The sequence of the next event; 0 when the server has closed.
std::uint64_t next_event(Client& client) {
  while (true) {
    const auto block = client.read_until("\n\n");
    if (block.empty()) return 0;
    if (block.starts_with("id: ")) return std::stoull(block.substr(4, 20));
  }
}

// Whether one of the streams that fill all places ends. The server notices it in its own time; each
// try is an honest one.
bool becomes_free(const std::string& address) {
  for (int i = 0; i < 100'000; ++i) {
    Client next{address};
    next.send(request("GET", kPath));
    if (next.read_until("\r\n") == "HTTP/1.1 200 OK\r\n") return true;
  }
  return false;
}

void add(FakeLog& log, int count) {
  for (int i = 0; i < count; ++i) log.add(moved_event("a-latest", "a", "b"));
}

}  // namespace

TEST_CASE("a stream tells events as they happen, to all who listen") {
  World world;
  add(world.log, 1);
  auto first = open_stream(world.address());
  auto second = open_stream(world.address(), "?after=0");
  CHECK(next_event(second) == 1);
  add(world.log, 2);
  for (auto* client : {&first, &second}) {
    CHECK(next_event(*client) == 2);
    CHECK(next_event(*client) == 3);
  }
}

TEST_CASE("the stream's head forbids what every answer forbids") {
  World world;
  const auto head = fetch(world.address(), request("HEAD", kPath));
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream");
  CHECK_FALSE(head.headers.contains("content-length"));
  CHECK(fetch(world.address(), request("HEAD", kPath + "?after=x")).status == 400);
  Client client{world.address()};
  client.send(request("GET", kPath));
  const auto text = client.read_until("\r\n\r\n");
  for (const auto* header : {"Content-Security-Policy: ", "X-Content-Type-Options: nosniff",
                             "Cache-Control: no-store", "Referrer-Policy: no-referrer"}) {
    CHECK(text.find(header) != std::string::npos);
  }
  CHECK(text.find("Content-Length") == std::string::npos);
}

TEST_CASE("a stream's parameters are checked like all others") {
  World world;
  CHECK(get(world.address(), kPath + "?after=x").status == 400);
  CHECK(get(world.address(), kPath + "?limit=1").status == 400);
  CHECK(get(world.address(), kPath + "?snapshots=yes").status == 400);
  CHECK(get(world.address(), kPath, "Last-Event-ID: evt_1\r\n").status == 400);
  CHECK(get(world.address(), kPath + "?type=alias.mved").body.find("no event type matches") !=
        std::string::npos);
}

TEST_CASE("Last-Event-ID counts more than the address that the page was opened with") {
  World world;
  add(world.log, 5);
  auto resumed =
      open_stream(world.address(), "?after=1", "Last-Event-ID: 00000000000000000003\r\n");
  CHECK(next_event(resumed) == 4);
  auto fresh = open_stream(world.address(), "?after=1");
  CHECK(next_event(fresh) == 2);
}

// The log outlives its servers, as a database does.
TEST_CASE("across disconnects and restarts each client gets each event once") {
  FakeLog log;
  std::mt19937 random{42};
  std::vector<std::uint64_t> had(3, 0);
  for (int life = 0; life < 4; ++life) {
    WebServer server{{.listen_addresses = {"127.0.0.1:0"}},
                     {.snapshot = [] { return sample::snapshot(); },
                      .events = &log,
                      .pulse = [&] { return log.pulse(); }}};
    REQUIRE(server.start());
    const auto address = server.addresses().front();
    for (int visit = 0; visit < 6; ++visit) {
      auto& last = had[random() % had.size()];
      add(log, static_cast<int>(random() % 150));
      auto client = open_stream(address, fmt::format("?after={}", last));
      add(log, 1 + static_cast<int>(random() % 5));
      const auto newest = *log.pulse().last_event;
      // Some go in the middle, some have all.
      const auto end = random() % 2 == 0 ? newest : last + (newest - last) / 2;
      while (last < end) REQUIRE(next_event(client) == ++last);
    }
  }
}

TEST_CASE("500 idle streams do not delay a scrape") {
  World world;
  std::vector<Client> streams;
  for (int i = 0; i < 500; ++i) streams.push_back(open_stream(world.address()));
  for (int i = 0; i < 20; ++i) CHECK(get(world.address(), "/metrics").status == 200);
  const auto refused = get(world.address(), kPath);
  CHECK(refused.status == 503);
  CHECK(refused.body.find("too many event streams are open") != std::string::npos);
  add(world.log, 1);
  for (auto& stream : streams) CHECK(next_event(stream) == 1);
}

TEST_CASE("a place in the row is free again when a client has gone") {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"}, .limits = {.streams = 1}}};
  {
    const auto first = open_stream(world.address());
  }
  CHECK(becomes_free(world.address()));
}

TEST_CASE("a client that reads nothing is cut off, holds up nobody, and can resume") {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .limits = {.write_deadline = 300ms * kSanitizerSlowdown, .streams = 2}}};
  auto event = moved_event("a-latest", "a", "b");
  event.evidence_after = "\"" + std::string(60'000, 'x') + "\"";
  for (int i = 0; i < 400; ++i) world.log.add(event);  // more than the kernel's buffers hold
  auto lazy = open_stream(world.address(), "?after=0");
  auto eager = open_stream(world.address(), "?after=0");
  for (std::uint64_t i = 1; i <= 400; ++i) REQUIRE(next_event(eager) == i);
  CHECK(becomes_free(world.address()));
  // What had come before the cut comes out of the kernel's buffers, then the end.
  std::uint64_t last = 0;
  while (const auto next = next_event(lazy)) {
    REQUIRE(next == last + 1);
    last = next;
  }
  CHECK(last < 400);
  auto resumed = open_stream(world.address(), fmt::format("?after={}", last));
  CHECK(next_event(resumed) == last + 1);
}

TEST_CASE("a hanging store silences streams and nothing else") {
  World world;
  auto stream = open_stream(world.address());
  world.log.hang();
  add(world.log, 1);
  world.log.wait_for_queries(1);
  CHECK(get(world.address(), "/metrics").status == 200);
  CHECK(get(world.address(), "/api/v1/aliases").status == 200);
  world.log.go_on();
  CHECK(next_event(stream) == 1);
}

TEST_CASE("heartbeats come through while nothing happens") {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .limits = {.stream_pace = {.heartbeat = 50ms}}}};
  auto stream = open_stream(world.address());
  for (int i = 0; i < 3; ++i) CHECK(stream.read_until("\n\n") == ":\n\n");
}

TEST_CASE("stopping ends all streams at once") {
  World world;
  std::vector<Client> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(open_stream(world.address()));
  world.server.stop();
  for (const auto& stream : streams) CHECK(stream.is_closed_by_server());
}
