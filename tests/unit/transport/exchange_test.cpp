// Plain HTTP exchanges with servers that behave, and with servers that do not.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {

using namespace std::chrono_literals;
namespace {

constexpr auto kShort = 300ms;
constexpr auto kTick = 1ms;  // libcurl's clock: its difference of two times may be so much too long
// A rude server would go on for ever; ending before this bound shows that the deadline did it.
constexpr auto kBound = 5s;

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

TEST_CASE(
    "a request for which this machine has no descriptor left says so, and nothing of the peer") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, "{}");
  }};
  Client client;
  CHECK(client.reply_to(get(server.url())).status == 200);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<int> taken;
  for (int fd = dup(0); fd >= 0; fd = dup(0)) taken.push_back(fd);
  const HttpFailure failure = client.failure_of(get(server.url()));
  for (const int fd : taken) close(fd);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(failure.shortage == Shortage::Descriptors);
  CHECK(has(failure.sentence, "raise the limit"));
  CHECK(client.reply_to(get(server.url())).status == 200);
}

TEST_CASE("a reply carries status, body, lower-case headers and phases") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, R"({"data":[]})", "X-Request-ID:  abc \r\nContent-Type: application/json\r\n");
  }};
  const HttpReply reply = Client{}.reply_to(get(server.url()));
  CHECK(reply.status == 200);
  CHECK(reply.body == R"({"data":[]})");
  CHECK(reply.header("x-request-id") == "abc");
  CHECK(reply.header("content-type") == "application/json");
  CHECK(reply.header("retry-after") == "");
  CHECK(reply.phases.resolve == Duration{0});
  CHECK(reply.phases.connect > Duration{0});
  CHECK(reply.phases.tls == Duration{0});
  CHECK(reply.phases.processing > Duration{0});
  CHECK(reply.total >= reply.phases.connect + reply.phases.processing + reply.phases.transfer);
  CHECK_FALSE(reply.certificate_expiry);
}

TEST_CASE("interim answers and trailers do not mix with the answer's headers") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.send(
        "HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\nX-A: 1\r\n\r\n");
    peer.send("2\r\n{}\r\n0\r\nX-Trailer: late\r\n\r\n");
  }};
  const HttpReply reply = Client{}.reply_to(get(server.url()));
  CHECK(reply.status == 200);
  CHECK(reply.body == "{}");
  CHECK(reply.header("link") == "");
  CHECK(reply.header("x-a") == "1");
  CHECK(reply.header("x-trailer") == "");
}

TEST_CASE("links that come in several fields are one") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.send(
        "HTTP/1.1 200 OK\r\nLink: </a?p=1>; rel=prev\r\nX-Other: b\r\nlink: </a?p=3>; "
        "rel=next\r\nContent-Length: 2\r\n\r\n{}");
  }};
  Client client;
  const HttpReply reply = client.reply_to(get(server.url()));
  CHECK(reply.header("link") == "</a?p=1>; rel=prev, </a?p=3>; rel=next");
  CHECK(reply.header("x-other") == "b");
}

TEST_CASE("all given headers go out together, whether bearer, basic, or without a value") {
  std::string head;
  FakeServer server{[&](Connection& peer) {
    head = peer.read_head();
    peer.reply(200, "{}");
  }};
  SUBCASE("bearer and another") {
    auto request = get(server.url());
    request.headers = {{"Authorization", "Bearer k1"},
                       {"sso-ak", "s2"},
                       {"X-Empty", ""},
                       {"User-Agent", "modelvane/0"}};
    Client{}.reply_to(std::move(request));
    CHECK(has(head, "GET /v1/models HTTP/1.1\r\n"));
    CHECK(has(head, "\r\nAuthorization: Bearer k1\r\n"));
    CHECK(has(head, "\r\nsso-ak: s2\r\n"));
    CHECK(has(head, "\r\nX-Empty:\r\n"));
    CHECK(has(head, "\r\nUser-Agent: modelvane/0\r\n"));
    CHECK(has(head, "\r\nAccept-Encoding: gzip\r\n"));
  }
  SUBCASE("basic") {
    auto request = get(server.url());
    request.basic_username = "user";
    request.basic_password = "pass";
    Client{}.reply_to(std::move(request));
    CHECK(has(head, "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
  }
}

TEST_CASE("a POST sends its body as it is, with the given content type only") {
  std::string head;
  std::string body;
  const std::string payload = std::string(100'000, 'x') + std::string("\0end", 4);
  FakeServer server{[&](Connection& peer) {
    head = peer.read_head();
    body = peer.read_exactly(payload.size());
    peer.reply(202, "");
  }};
  auto request = get(server.url("/hook"));
  request.method = "POST";
  request.body = payload;
  SUBCASE("typed") {
    request.headers = {{"Content-Type", "application/cloudevents+json"}};
    CHECK(Client{}.reply_to(request).status == 202);
    CHECK(has(head, "\r\nContent-Type: application/cloudevents+json\r\n"));
  }
  SUBCASE("untyped") {
    CHECK(Client{}.reply_to(request).status == 202);
    CHECK_FALSE(has(head, "Content-Type"));
  }
  CHECK(has(head, "POST /hook HTTP/1.1\r\n"));
  CHECK_FALSE(has(head, "Expect"));
  CHECK(body == payload);
}

TEST_CASE("a header or method that could smuggle lines is refused and nothing is sent") {
  FakeServer server{[](Connection& peer) { peer.read_head(); }};
  auto request = get(server.url());
  SUBCASE("line break in a value") {
    request.headers = {{"X-Key", "topsecret\r\nX-Evil: 1"}};
  }
  SUBCASE("zero byte in a value") {
    request.headers = {{"X-Key", std::string("topsecret\0", 10)}};
  }
  SUBCASE("colon in a name") {
    request.headers = {{"X-Key: topsecret", "v"}};
  }
  SUBCASE("method") {
    request.method = "GET /topsecret";
  }
  SUBCASE("line break in the URL") {
    request.url += "\r\ntopsecret";
  }
  const HttpFailure failure = Client{}.failure_of(std::move(request));
  CHECK(failure.reason == Reason::Other);
  CHECK_FALSE(failure.sentence.empty());
  CHECK_FALSE(has(failure.sentence, "topsecret"));
  CHECK(server.accepts() == 0);
}

TEST_CASE("only http and https are spoken") {
  Client client;
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/",
                          "not a url", "http://", ""}) {
    CAPTURE(url);
    CHECK(client.failure_of(get(url)).reason == Reason::Other);
  }
}

TEST_CASE("a redirect is an answer and is not followed") {
  FakeServer elsewhere{[](Connection& peer) { peer.reply(200, "{}"); }};
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    peer.reply(302, "", fmt::format("Location: {}\r\n", elsewhere.url()));
  }};
  const HttpReply reply = Client{}.reply_to(get(server.url()));
  CHECK(reply.status == 302);
  CHECK(reply.header("location") == elsewhere.url());
  CHECK(elsewhere.accepts() == 0);
}

TEST_CASE("a silent server ends at the deadline and delays nobody") {
  FakeServer silent{[](Connection& peer) { peer.hold(); }};
  FakeServer lively{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, "{}");
  }};
  CurlTransport transport{{}};
  constexpr std::uint64_t kSilent = 20;
  for (std::uint64_t ticket = 1; ticket <= kSilent; ++ticket)
    transport.start(ticket, get(silent.url("/secret?key=1"), kShort));
  transport.start(100, get(lively.url(), kBound));
  CHECK(transport.in_flight() == kSilent + 1);
  std::vector<Completion> completed;
  while (completed.size() < kSilent + 1) transport.wait(kBound, completed);
  CHECK(completed.front().ticket == 100);
  REQUIRE(completed.front().result);
  for (std::size_t i = 1; i < completed.size(); ++i) {
    REQUIRE_FALSE(completed[i].result);
    const HttpFailure& failure = completed[i].result.error();
    CHECK(failure.reason == Reason::Timeout);
    CHECK(failure.total >= kShort - kTick);
    CHECK(failure.total < kBound);
    CHECK(failure.sentence ==
          fmt::format("no answer from 127.0.0.1 port {} within 0.3s", silent.port()));
    CHECK(failure.phases.processing > Duration{0});
  }
  CHECK(transport.in_flight() == 0);
}

TEST_CASE("a time-out is told in whole milliseconds") {
  FakeServer silent{[](Connection& peer) {
    peer.read_head();
    peer.read_head();
  }};
  CHECK(Client{}.failure_of(get(silent.url(), 299'995us)).sentence ==
        fmt::format("no answer from 127.0.0.1 port {} within 0.3s", silent.port()));
}

TEST_CASE("an answer that drips ends at the deadline, wherever it drips") {
  std::string before;
  SUBCASE("in the status line") {
    before = "HTTP/1.1 ";
  }
  SUBCASE("in the headers") {
    before = "HTTP/1.1 200 OK\r\nX-Slow: ";
  }
  SUBCASE("in the body") {
    before = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
  }
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    if (!peer.send(before)) return;
    while (!peer.peer_leaves_within(20ms) && peer.send("2")) {
    }
  }};
  const HttpFailure failure = Client{}.failure_of(get(server.url(), kShort));
  CHECK(failure.reason == Reason::Timeout);
  CHECK(failure.total >= kShort - kTick);
  CHECK(failure.total < kBound);
  if (has(before, "200")) CHECK(has(failure.sentence, "no complete answer within 0.3s; "));
}

TEST_CASE("a body beyond the limit is refused, and one exactly at it is not") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, std::string(5000, 'a'));
  }};
  Client client;
  auto request = get(server.url());
  request.body_limit = 5000;
  CHECK(client.reply_to(request).body.size() == 5000);
  request.body_limit = 4999;
  const HttpFailure failure = client.failure_of(request);
  CHECK(failure.reason == Reason::TooLarge);
  CHECK(failure.sentence ==
        "the body is larger than the limit of 4999 bytes (after decompression)");
}

TEST_CASE("a stream is broken off as soon as enough of it has come, and the server learns of it") {
  std::atomic<int> has_left = -1;
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n");
    has_left = peer.peer_leaves_within(5s) ? 1 : 0;
    has_left.notify_all();
  }};
  Client client;
  auto request = get(server.url());
  request.is_enough = [](std::string_view body) { return body.ends_with("\n\n"); };
  const auto reply = client.reply_to(request);
  CHECK(reply.status == 200);
  CHECK(reply.body == "data: one\n\n");
  CHECK(reply.is_broken_off);
  CHECK(reply.total < 4s);
  has_left.wait(-1);
  CHECK(has_left == 1);
}

TEST_CASE("where the status suffices, no body spoils the answer") {
  // The client may be back before all of an answer was sent.
  std::mutex mutex;
  std::string answer;  // under mutex
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    const std::scoped_lock lock{mutex};
    peer.send(answer);
  }};
  Client client;
  auto request = get(server.url());
  request.status_suffices = true;
  request.body_limit = 10;
  const auto status_of = [&](std::string text) {
    {
      const std::scoped_lock lock{mutex};
      answer = std::move(text);
    }
    return client.reply_to(request).status;
  };
  CHECK(status_of("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + std::string(20, 'a')) == 200);
  CHECK(status_of("HTTP/1.1 202 OK\r\nContent-Length: 20\r\n\r\nshort") == 202);
  CHECK(status_of("HTTP/1.1 503 No\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone") ==
        503);
  CHECK(
      status_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\nab") ==
      200);
}

TEST_CASE("an endless body is cut off at the limit") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(65536, 'a');
    while (peer.send(block)) {
    }
  }};
  CHECK(Client{}.failure_of(get(server.url())).reason == Reason::TooLarge);
}

TEST_CASE("a compressed body is unpacked and its limit counts what comes out") {
  const std::string packed = gzip(std::string(1024 * 1024, ' '));
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    peer.reply(200, packed, "Content-Encoding: gzip\r\n");
  }};
  Client client;
  CHECK(client.reply_to(get(server.url())).body == std::string(1024 * 1024, ' '));
  auto request = get(server.url());
  request.body_limit = 1024 * 1024 - 1;
  CHECK(packed.size() < 10'000);
  CHECK(client.failure_of(request).reason == Reason::TooLarge);
}

TEST_CASE("damaged compression is a failure") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, "this is not gzip at all", "Content-Encoding: gzip\r\n");
  }};
  CHECK(has(Client{}.failure_of(get(server.url())).sentence, "compression"));
}

TEST_CASE("an answer that names stacked codings ends at its head") {
  std::string header;
  SUBCASE("stacked by Content-Encoding") {
    header = "Content-Encoding: gzip, gzip, gzip\r\n";
  }
  SUBCASE("stacked by two fields") {
    header = "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n";
  }
  SUBCASE("by Transfer-Encoding") {
    header = "Transfer-Encoding: gzip, chunked\r\n";
  }
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n" + header + "\r\n");
    peer.read_exactly(1);  // nothing more comes: whoever wants a body waits in vain
  }};
  CHECK(has(Client{}.failure_of(get(server.url())).sentence, "not read"));
}

TEST_CASE("a flood of headers is cut off, be it of many, of long ones, or of one endless line") {
  std::string start = "HTTP/1.1 200 OK\r\n";
  std::string piece;
  SUBCASE("many") {
    piece = "A: b\r\n";
  }
  SUBCASE("long") {
    piece = "A: " + std::string(4000, 'b') + "\r\n";
  }
  SUBCASE("endless") {
    start += "A: ";
    piece = std::string(4000, 'b');
  }
  SUBCASE("interim answers") {
    start.clear();
    piece = "HTTP/1.1 100 Continue\r\n\r\n";
  }
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    if (!peer.send(start)) return;
    while (peer.send(piece)) {
    }
  }};
  const HttpFailure failure = Client{}.failure_of(get(server.url()));
  CHECK(failure.reason == Reason::TooLarge);
  CHECK(failure.sentence ==
        "the answer's headers exceed the limit of 200 headers and 65536 bytes in all");
}

TEST_CASE("a truncated body is a failure that says how far it came") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  }};
  const HttpFailure failure = Client{}.failure_of(get(server.url()));
  CHECK(failure.reason == Reason::Other);
  CHECK(failure.sentence == "the answer broke off: 3 of 10 bytes had arrived");
}

TEST_CASE("an answer that is not HTTP is a failure") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\nwhatever");
  }};
  const HttpFailure failure = Client{}.failure_of(get(server.url()));
  CHECK(failure.reason == Reason::Other);
  CHECK(failure.sentence == "the answer is not valid HTTP");
}

TEST_CASE("a connection that ends without an answer is told from one that is reset midway") {
  std::string sent;
  bool hard = false;
  std::string expected;
  SUBCASE("closed") {
    expected = "closed the connection without an answer";
  }
  SUBCASE("reset") {
    sent = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    hard = true;
    expected = "broke before the answer was complete";
  }
  FakeServer server{[&](Connection& peer) {
    peer.read_head();
    peer.send(sent);
    if (hard) peer.reset_on_close();
  }};
  const HttpFailure failure = Client{}.failure_of(get(server.url()));
  CHECK(failure.reason == Reason::Other);
  CHECK(has(failure.sentence, expected));
}

TEST_CASE(
    "a refused connection names the other side and the cause, and nothing of the URL's secrets") {
  const auto port = closed_port();
  const auto url = fmt::format("http://user:hush@127.0.0.1:{}/models?key=hush", port);
  const HttpFailure failure = Client{}.failure_of(get(url));
  CHECK(failure.reason == Reason::Connect);
  CHECK(failure.sentence ==
        fmt::format("no connection to 127.0.0.1 port {}: connection refused", port));
}

TEST_CASE("an IPv6 literal is connected to without a lookup") {
  FakeServer server{[](Connection& peer) {
                      peer.read_head();
                      peer.reply(200, "{}");
                    },
                    nullptr, 10 /* AF_INET6 */};
  CHECK(Client{}.reply_to(get(fmt::format("http://[::1]:{}/", server.port()))).status == 200);
}

TEST_CASE("a cancelled exchange is forgotten") {
  FakeServer silent{[](Connection& peer) { peer.hold(); }};
  CurlTransport transport{{}};
  transport.start(1, get(silent.url(), 10ms));
  transport.start(2, get(silent.url(), 100ms));
  transport.start(3, get("ftp://127.0.0.1/"));  // already failed, not yet handed out
  transport.cancel(1);
  transport.cancel(3);
  transport.cancel(77);
  CHECK(transport.in_flight() == 1);
  std::vector<Completion> completed;
  while (completed.empty()) transport.wait(kBound, completed);
  CHECK(completed.size() == 1);
  CHECK(completed.front().ticket == 2);
}

TEST_CASE("a reply that is there before the loop sleeps is told at once, not at the deadline") {
  FakeServer server{[](Connection& peer) {
    while (!peer.read_head().empty()) peer.reply(200, "{}");
  }};
  Client client;
  auto request = get(server.url(), 20s);
  request.reuse_connection = true;
  const auto before = std::chrono::steady_clock::now();
  constexpr int kRounds = 200;  // over a kept connection the reply is often, not always, that quick
  for (int round = 0; round < kRounds && std::chrono::steady_clock::now() - before < 10s; ++round)
    client.reply_to(request);
  CHECK(std::chrono::steady_clock::now() - before < 10s);
}

TEST_CASE("wait ends at its time-out when nothing happens") {
  CurlTransport transport{{}};
  std::vector<Completion> completed;
  const auto before = std::chrono::steady_clock::now();
  transport.wait(20ms, completed);
  CHECK(std::chrono::steady_clock::now() - before >= 20ms);
  transport.wait(0ms, completed);
  CHECK(completed.empty());
}

TEST_CASE("wake ends a wait from another thread, also one that begins later") {
  CurlTransport transport{{}};
  std::vector<Completion> completed;
  const auto before = std::chrono::steady_clock::now();
  transport.wake();
  transport.wait(60s, completed);
  std::thread other{[&] { transport.wake(); }};
  transport.wait(60s, completed);
  other.join();
  CHECK(std::chrono::steady_clock::now() - before < 30s);
  CHECK(completed.empty());
}

TEST_CASE("a request without time fails at once") {
  CHECK(Client{}.failure_of(get("http://127.0.0.1:1/", Duration{0})).reason == Reason::Timeout);
}

TEST_CASE("a transport may be destroyed while exchanges are under way") {
  FakeServer silent{[](Connection& peer) { peer.hold(); }};
  CurlTransport transport{{}};
  for (std::uint64_t ticket = 0; ticket < 5; ++ticket) transport.start(ticket, get(silent.url()));
  std::vector<Completion> completed;
  transport.wait(5ms, completed);
  CHECK(transport.in_flight() == 5);
}

}  // namespace modelvane::test
