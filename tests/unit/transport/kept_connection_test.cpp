// Connections that are kept for the next request.
#include <fmt/format.h>

#include <future>

#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {

TEST_CASE("kept connections are used again, fresh ones never") {
  FakeServer server{[](Connection& peer) {
    while (!peer.read_head().empty()) peer.reply(200, "{}");
  }};
  Client client;
  auto request = get(server.url());
  request.reuse_connection = true;
  for (int i = 0; i < 3; ++i) client.reply_to(request);
  CHECK(server.accepts() == 1);
  CHECK(client.reply_to(request).phases.connect == Duration{0});
  request.reuse_connection = false;
  for (int i = 0; i < 3; ++i) client.reply_to(request);
  CHECK(server.accepts() == 4);
}

TEST_CASE("each of many hosts keeps a connection of its own") {
  FakeServer server{[](Connection& peer) {
    while (!peer.read_head().empty()) peer.reply(200, "{}");
  }};
  Client client;
  constexpr int kHosts = 100;
  for (int round = 0; round < 2; ++round) {
    for (int host = 0; host < kHosts; ++host) {
      auto request = get(fmt::format("http://host-{}.localhost:{}/v1/models", host, server.port()));
      request.reuse_connection = true;
      client.reply_to(request);
    }
    CHECK(server.accepts() == kHosts);
  }
}

TEST_CASE("a kept connection that the server has closed is replaced without a failure") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, "{}");
  }};
  Client client;
  auto request = get(server.url());
  request.reuse_connection = true;
  for (int i = 0; i < 3; ++i) CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 3);
}

TEST_CASE("what a server says on a kept connection unasked is no answer to the next request") {
  const std::string unasked[] = {
      "HTTP/1.1 408 Request Time-out\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "\x15\x03"};
  for (const auto& word : unasked) {
    for (const auto* method : {"GET", "POST"}) {
      CAPTURE(word);
      std::promise<void> is_answered;
      std::promise<void> is_said;
      FakeServer server{[&](Connection& peer) {
        peer.read_head();
        peer.reply(200, "{}");
        if (server.accepts() > 1) return;
        is_answered.get_future().wait();
        peer.send(word);
        is_said.set_value();
        peer.read_head();
      }};
      Client client;
      auto request = get(server.url());
      request.method = method;
      request.reuse_connection = true;
      CHECK(client.reply_to(request).body == "{}");
      is_answered.set_value();
      is_said.get_future().wait();
      CHECK(client.reply_to(request).body == "{}");
      CHECK(server.accepts() == 2);
    }
  }
}

}  // namespace modelvane::test
