// One connection, many requests: what keeps it, what ends it, and that answers come in order.
#include <doctest/doctest.h>

#include "tests/unit/web/client.h"
#include "tests/unit/web/tls_client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

namespace {

Reply echo(const RequestHead& head) {
  return text_reply(200, head.target);
}

}  // namespace

TEST_CASE("a connection is kept for the next request, and answers say so") {
  const BareFront bare{{}, echo};
  Client client{bare.address()};
  for (const auto* target : {"/a", "/b", "/c"}) {
    client.send(kept_request("GET", target));
    const auto answer = client.read_next_answer();
    CHECK(answer.status == 200);
    CHECK(answer.body == std::string{target} + "\n");
    CHECK(answer.header("connection") == "keep-alive");
  }
  client.send(kept_request("HEAD", "/head"));
  CHECK(client.read_next_answer(false).header("content-length") == "6");
  client.send(request("GET", "/last"));
  const auto last = client.read_answer();
  CHECK(last.body == "/last\n");
  CHECK(last.header("connection") == "close");
}

TEST_CASE("an answer without a body keeps the connection, too") {
  World world;
  Client client{world.address()};
  client.send(kept_request("GET", "/openapi.json"));
  const auto tag = client.read_next_answer().header("etag");
  for (int i = 0; i < 2; ++i) {
    client.send(kept_request("GET", "/openapi.json", "If-None-Match: " + tag + "\r\n"));
    CHECK(client.read_next_answer().status == 304);
  }
}

TEST_CASE("requests that come at once are answered in their order") {
  const BareFront bare{{}, echo};
  Client client{bare.address()};
  std::string all;
  for (int i = 0; i < 100; ++i) all += kept_request("GET", "/" + std::to_string(i));
  client.send(all + "GET /ha");
  for (int i = 0; i < 100; ++i)
    CHECK(client.read_next_answer().body == "/" + std::to_string(i) + "\n");
  client.send("lf HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_next_answer().body == "/half\n");
}

TEST_CASE("large answers on one connection stay whole") {
  const std::string large(5'000'000, 'x');
  const BareFront bare{{}, [&](const RequestHead&) { return text_reply(200, large); }};
  Client client{bare.address()};
  client.send(kept_request("GET", "/") + kept_request("GET", "/"));
  for (int i = 0; i < 2; ++i) CHECK(client.read_next_answer().body.size() == large.size() + 1);
}

TEST_CASE("a connection is not kept for who does not want it or cannot be understood any more") {
  const BareFront bare{{}, echo};
  for (const auto& raw : {request("GET", "/"), std::string{"GET / HTTP/1.0\r\n\r\n"},
                          kept_request("GET", "/", "Connection: upgrade, Close\r\n"),
                          kept_request("GET", "/", "Content-Length: 3\r\n") + "abc",
                          kept_request("PUT", "/"), std::string{"nonsense\r\n\r\n"}}) {
    CAPTURE(raw);
    CHECK(fetch(bare.address(), raw + kept_request("GET", "/never")).header("connection") ==
          "close");
  }
  Client old{bare.address()};
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old.read_next_answer().header("connection") == "keep-alive");
}

TEST_CASE("a kept connection ends when nothing more is asked, without a word") {
  const BareFront bare{{.idle_deadline = 200ms}, echo};
  Client client{bare.address()};
  client.send(kept_request("GET", "/"));
  CHECK(client.read_next_answer().status == 200);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a head begun on a kept connection has the time of any other head") {
  const BareFront bare{{.head_deadline = 200ms, .idle_deadline = 10min}, echo};
  Client client{bare.address()};
  client.send(kept_request("GET", "/"));
  CHECK(client.read_next_answer().status == 200);
  client.send("GET /");
  CHECK(client.read_next_answer().status == 408);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a connection ends after so many requests") {
  const BareFront bare{{.requests_per_connection = 3}, echo};
  Client client{bare.address()};
  for (int i = 0; i < 3; ++i) {
    client.send(kept_request("GET", "/"));
    CHECK(client.read_next_answer().header("connection") == (i < 2 ? "keep-alive" : "close"));
  }
  CHECK(client.is_closed_by_server());
}

TEST_CASE("stopping does not wait for kept connections") {
  BareFront bare{{.idle_deadline = 10min, .stop_grace = 10min}, echo};
  Client client{bare.address()};
  client.send(kept_request("GET", "/"));
  CHECK(client.read_next_answer().status == 200);
  bare.front.stop();
  CHECK(client.is_closed_by_server());
}

TEST_CASE("within TLS a connection is kept as well, until the certificate changes") {
  const auto authority = test::make_authority("authority");
  const auto server = test::make_leaf(authority);
  const test::PemFolder folder;
  const WebConfig config{.tls = WebTls{.cert_file = folder.write_certificate("cert.pem", server),
                                       .key_file = folder.write_key("key.pem", server)}};
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .protection = Protection::make(config).value()}};
  const TlsClient client{world.address()};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(kept_request("GET", "/-/healthy") + kept_request("GET", "/-/ready")));
    CHECK(client.read_until("healthy.\n").find("keep-alive") != std::string::npos);
    CHECK(client.read_until("ready.\n").find("keep-alive") != std::string::npos);
  }
  world.server.protect(Protection::make(config).value());
  client.send(kept_request("GET", "/-/healthy"));
  CHECK(client.read_all().empty());
}
