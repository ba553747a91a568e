// Clients that are slow, greedy or hostile, on bare sockets. The question is always the same: does
// an honest scrape still get through, and does the bad client get a plain answer instead of memory?
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <latch>
#include <vector>

#include "daemon/web/front.h"
#include "daemon/web/router.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

namespace {

bool scrape_works(const World& world) {
  const auto answer = get(world.address(), "/metrics");
  return answer.status == 200 && answer.body.find("modelvane_build_info") != std::string::npos;
}

Reply small_answer(const RequestHead&) {
  return text_reply(200, "small");
}

}  // namespace

TEST_CASE("500 slow clients do not hold up a scrape") {
  auto snapshot = sample::snapshot();
  Router router{{}, {.snapshot = [&] { return snapshot; }}};
  const BareFront bare{{.head_deadline = 10min},
                       [&](const RequestHead& head) { return router.answer(head, {}).reply; }};
  std::vector<Client> slow;
  for (int i = 0; i < 500; ++i) {
    slow.emplace_back(bare.address());
    REQUIRE(slow.back().is_connected());
    if (i % 2 == 0) slow.back().send("GET /-/hea");
  }
  const std::string rest = "lthy HTTP/1.1\r\n";
  for (const char c : rest) {
    for (std::size_t i = 0; i < slow.size(); i += 2) CHECK(slow[i].send({c}));
    CHECK(get(bare.address(), "/metrics").body.find("modelvane_build_info") != std::string::npos);
  }
  // All of them are still there: no scrape was served because the others had gone.
  for (std::size_t i = 0; i < slow.size(); ++i) {
    slow[i].send(i % 2 == 0 ? "Host: a\r\nConnection: close\r\n\r\n"
                            : request("GET", "/-/healthy"));
    CHECK(slow[i].read_answer().status == 200);
  }
}

TEST_CASE("a head that does not come to its end is given up") {
  const BareFront bare{{.head_deadline = 200ms}, small_answer};
  const Client silent{bare.address()};
  const Client half{bare.address()};
  half.send("GET / HTTP/1.1\r\n");
  CHECK(half.read_answer().status == 408);
  CHECK(silent.is_closed_by_server());
}

TEST_CASE("floods are cut off with an answer") {
  World world;
  CHECK(fetch(world.address(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'a'))
            .status == 431);
  CHECK(fetch(world.address(), std::string(100'000, 'a')).status == 431);
  std::string headers;
  for (int i = 0; i < 100; ++i) headers += fmt::format("X-{}: 1\r\n", i);
  CHECK(fetch(world.address(), request("GET", "/metrics", headers)).status == 431);
  CHECK(fetch(world.address(), request("GET", "/" + std::string(8000, 'a'))).status == 414);
  CHECK(scrape_works(world));
}

TEST_CASE("a flood without end is cut off") {
  World world;
  const Client client{world.address()};
  const std::string piece(64 * 1024, 'a');
  int pieces = 0;
  while (pieces < 10'000 && client.send(piece)) ++pieces;
  CHECK(pieces < 10'000);
  CHECK(scrape_works(world));
}

TEST_CASE("bodies are not read") {
  World world;
  CHECK(fetch(world.address(), request("POST", "/-/reload", "Transfer-Encoding: chunked\r\n") +
                                   "5\r\nhello\r\n0\r\n\r\n")
            .status == 400);
  CHECK(fetch(world.address(), request("POST", "/-/reload", "Content-Length: 300000000\r\n") +
                                   std::string(100'000, 'x'))
            .status == 413);
  CHECK(fetch(world.address(), request("POST", "/metrics", "Content-Length: 5\r\n") + "hello")
            .status == 405);
  CHECK(fetch(world.address(), request("PUT", "/metrics")).header("allow") ==
        "GET, HEAD, POST, DELETE");
  CHECK(scrape_works(world));
}

TEST_CASE("ranges are ignored") {
  World world;
  std::string ranges = "Range: bytes=0-";
  for (int i = 0; i < 1000; ++i) ranges += fmt::format(",{}-", i);
  const auto answer = get(world.address(), "/metrics", ranges + "\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.header("content-range").empty());
  CHECK(
      get(world.address(), "/metrics", "Range: bytes=" + std::string(8000, '9') + "-\r\n").status ==
      200);
}

TEST_CASE("a request behind one that ends the connection is never served") {
  World world;
  const Client client{world.address()};
  client.send(request("GET", "/-/healthy") + request("POST", "/-/reload"));
  const auto all = client.read_all();
  CHECK(all.find("modelvane is healthy.") != std::string::npos);
  CHECK(all.rfind("HTTP/1.1") == 0);
  const Client smuggler{world.address()};
  smuggler.send(
      request("GET", "/-/healthy", "Content-Length: 44\r\nTransfer-Encoding: chunked\r\n") +
      "0\r\n\r\n" + request("GET", "/x"));
  CHECK(smuggler.read_answer().status == 400);
}

TEST_CASE("a header cannot forge what the server knows itself, nor smuggle line ends into it") {
  World world;
  const auto answer = get(world.address(), "/api/v1/status?x=%0d%0aSet-Cookie:%20a=b",
                          "REMOTE_ADDR: 6.6.6.6\r\nEvil: %0d%0aSet-Cookie: a=b\r\n");
  CHECK(answer.status == 400);
  CHECK_FALSE(answer.headers.contains("set-cookie"));
  CHECK(answer.body.find("unknown parameter") != std::string::npos);
}

TEST_CASE("when all places are taken, who has not asked yet gives way to who comes") {
  const BareFront bare{{.head_deadline = 10min, .connections = 4}, small_answer};
  const Client kept{bare.address()};
  kept.send(kept_request("GET", "/"));
  REQUIRE(kept.has_begun_to_answer());
  std::vector<Client> slow;
  for (int i = 0; i < 50; ++i) {
    slow.emplace_back(bare.address());
    slow.back().send("G");
    CHECK(get(bare.address(), "/").status == 200);
  }
  CHECK(slow.front().is_closed_by_server());
}

TEST_CASE(
    "when all places are taken by who is being served, others are told so, and served later") {
  std::latch inside{3};
  std::latch may_end{1};
  const BareFront bare{{.connections = 3}, [&](const RequestHead& head) {
                         if (head.target == "/long") {
                           inside.count_down();
                           may_end.wait();
                         }
                         return small_answer(head);
                       }};
  std::vector<Client> served;
  for (int i = 0; i < 3; ++i) {
    served.emplace_back(bare.address());
    served.back().send(request("GET", "/long"));
  }
  inside.wait();
  CHECK(Client{bare.address()}.read_answer().status == 503);
  may_end.count_down();
  int status = 503;
  served.clear();
  // The server notices in its own time; each try is an honest one.
  for (int i = 0; i < 10'000 && status != 200; ++i) status = get(bare.address(), "/").status;
  CHECK(status == 200);
}

TEST_CASE("clients that do not read their answers hold up nobody and are given up") {
  const std::string large(32 * 1024 * 1024, 'x');  // more than the kernel's buffers hold
  const BareFront bare{{.head_deadline = 1000ms, .write_deadline = 100ms, .workers = 2},
                       [&](const RequestHead& head) {
                         return text_reply(200, head.target == "/large" ? large : "small");
                       }};
  std::vector<Client> lazy;
  for (int i = 0; i < 5; ++i) {
    lazy.emplace_back(bare.address());
    lazy.back().send(request("GET", "/large"));
  }
  CHECK(get(bare.address(), "/small").body == "small\n");
  for (const auto& client : lazy) CHECK(client.has_begun_to_answer());
  // When a client that came later has run into its longer deadline, the others have been given up.
  CHECK(Client{bare.address()}.is_closed_by_server());
  for (const auto& client : lazy) CHECK(client.read_all().size() < large.size());
}

TEST_CASE("one text that many are slow to read counts once") {
  const SharedText large{std::string(32 * 1024 * 1024, 'x')};
  const BareFront bare{
      {.write_deadline = 10min, .unsent_bytes = 33 * 1024 * 1024},
      [&](const RequestHead&) { return Reply{.content_type = "text/plain", .body = large}; }};
  std::vector<Client> lazy;
  for (int i = 0; i < 4; ++i) {
    lazy.emplace_back(bare.address());
    lazy.back().send(request("GET", "/"));
  }
  for (const auto& client : lazy) {
    CHECK(client.has_begun_to_answer());
    CHECK(client.read_answer().status == 200);
  }
}

TEST_CASE("answers that nobody reads are bounded in memory") {
  const std::string large(32 * 1024 * 1024, 'x');
  const BareFront bare{{.write_deadline = 10min, .unsent_bytes = 33 * 1024 * 1024},
                       [&](const RequestHead&) { return text_reply(200, large); }};
  const Client lazy{bare.address()};
  lazy.send(request("GET", "/"));
  REQUIRE(lazy.has_begun_to_answer());
  CHECK(get(bare.address(), "/").status == 503);
  CHECK(lazy.read_answer().body.size() == large.size() + 1);
  CHECK(get(bare.address(), "/").status == 200);
}
