// Which proxy is taken, and what travels through it.
#include <fmt/format.h>
#include <stdlib.h>

#include "daemon/transport/proxy_route.h"
#include "daemon/transport/target.h"
#include "tests/unit/transport/certificates.h"
#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {

TEST_CASE("a no_proxy list matches names, subdomains, addresses, blocks and ports") {
  struct Row {
    const char* list;
    const char* host;
    bool bypasses;
  };
  for (const Row& row : {
           Row{"", "a.example", false},
           Row{"*", "a.example", true},
           Row{"example", "a.example", true},
           Row{".a.example", "a.example", true},
           Row{"*.example", "a.example", true},
           Row{"A.Example.", "a.example", true},
           Row{"a.example", "ba.example", false},
           Row{"b.example, a.example", "a.example", true},
           Row{"a.example:443", "a.example", true},
           Row{"a.example:80", "a.example", false},
           Row{"10.0.0.0/8", "10.200.3.4", true},
           Row{"10.0.0.0/8", "11.0.0.1", false},
           Row{"192.168.1.128/25", "192.168.1.127", false},
           Row{"192.168.1.128/25", "192.168.1.200", true},
           Row{"10.0.0.0/99", "10.0.0.0", false},
           Row{"127.0.0.1", "127.0.0.1", true},
           Row{"::1", "::1", true},
           Row{"[::1]:443", "::1", true},
           Row{"fe80::/10", "fe80::1", true},
           Row{"10.0.0.0/8", "ten.example", false},
           Row{",, ,", "a.example", false},
       }) {
    CAPTURE(row.list);
    CAPTURE(row.host);
    CHECK(bypasses_proxy(row.list, row.host, 443) == row.bypasses);
  }
}

TEST_CASE("the environment takes part only when asked to, and an explicit proxy goes first") {
  setenv("http_proxy", "http://plain:1", 1);
  setenv("https_proxy", "http://secure:2", 1);
  setenv("HTTP_PROXY", "http://upper:3", 1);
  setenv("no_proxy", "inside.example", 1);
  ProxyOptions environment;
  environment.from_environment = true;
  CHECK(choose_proxy({}, "http", "a.example", 80) == "");
  CHECK(choose_proxy(environment, "http", "a.example", 80) == "http://plain:1");
  CHECK(choose_proxy(environment, "https", "a.example", 443) == "http://secure:2");
  CHECK(choose_proxy(environment, "https", "inside.example", 443) == "");
  CHECK(choose_proxy({"http://mine:4", "", true}, "http", "a.example", 80) == "http://mine:4");
  CHECK(choose_proxy({"http://mine:4", "a.example", false}, "http", "a.example", 80) == "");
  unsetenv("http_proxy");
  CHECK(choose_proxy(environment, "http", "a.example", 80) == "http://upper:3");
  setenv("REQUEST_METHOD", "GET", 1);
  CHECK(choose_proxy(environment, "http", "a.example", 80) == "");
  unsetenv("REQUEST_METHOD");
  for (const char* name : {"https_proxy", "HTTP_PROXY", "no_proxy"}) unsetenv(name);
}

TEST_CASE(
    "a plain request goes to the proxy in absolute form, and only the proxy's name is looked up") {
  std::string head;
  FakeServer proxy{[&](Connection& peer) {
    head = peer.read_head();
    peer.reply(200, "{}");
  }};
  CurlTransportOptions options;
  options.resolver.lookup = [](const std::string& host) -> LookupResult {
    if (host == "proxy.example") return Addresses{"127.0.0.1"};
    return std::unexpected(LookupError{"must not be asked"});
  };
  auto request = get("http://models.example/v1/models");
  request.headers = {{"X-Key", "k"}};
  request.proxy.url = fmt::format("http://me:hush@proxy.example:{}", proxy.port());
  CHECK(Client{options}.reply_to(request).status == 200);
  CHECK(has(head, "GET http://models.example/v1/models HTTP/1.1\r\n"));
  CHECK(has(head, "\r\nProxy-Authorization: Basic bWU6aHVzaA==\r\n"));
}

TEST_CASE("a proxy without a port has that of its scheme") {
  CHECK(parse_proxy_target("http://proxy.example")->port == 80);
  CHECK(parse_proxy_target("proxy.example")->port == 80);
  CHECK(parse_proxy_target("https://proxy.example")->port == 443);
  CHECK(parse_proxy_target("socks5h://proxy.example")->port == 1080);
}

TEST_CASE(
    "with a server_name a tunnel leads to the URL's host, and the certificate is the other's") {
  const PemFolder folder;
  const Identity authority = make_authority("modelvane test authority");
  const auto context = server_context(make_leaf(authority, {.subject_names = "DNS:llm.test"}));
  std::string request_head;
  FakeServer server{[&](Connection& peer) {
                      request_head = peer.read_head();
                      peer.reply(200, "{}");
                    },
                    context.get()};
  std::string head;
  FakeServer proxy{[&](Connection& peer) {
    head = peer.read_head();
    peer.send("HTTP/1.1 200 Established\r\n\r\n");
    peer.tunnel_to(server.port());
  }};
  auto request = get(server.url());
  request.tls.ca_file = folder.write_certificate("ca.pem", authority);
  request.tls.server_name = "llm.test";
  request.proxy.url = fmt::format("http://127.0.0.1:{}", proxy.port());
  CHECK(Client{}.reply_to(request).status == 200);
  CHECK(has(head, fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n", server.port())));
  CHECK(has(request_head, fmt::format("\r\nHost: 127.0.0.1:{}\r\n", server.port())));
}

TEST_CASE("a TLS request goes through a tunnel that sees none of its headers") {
  const PemFolder folder;
  const Identity authority = make_authority("modelvane test authority");
  const auto context = server_context(make_leaf(authority));
  FakeServer server{[](Connection& peer) {
                      peer.read_head();
                      peer.reply(200, "{}");
                    },
                    context.get()};
  std::string head;
  FakeServer proxy{[&](Connection& peer) {
    head = peer.read_head();
    peer.send("HTTP/1.1 200 Established\r\nX-Proxy: 1\r\n\r\n");
    peer.tunnel_to(server.port());
  }};
  auto request = get(server.url());
  request.tls.ca_file = folder.write_certificate("ca.pem", authority);
  request.headers = {{"X-Key", "hush"}};
  request.proxy.url = fmt::format("http://127.0.0.1:{}", proxy.port());
  const HttpReply reply = Client{}.reply_to(request);
  CHECK(reply.status == 200);
  CHECK(reply.header("x-proxy") == "");
  CHECK(reply.certificate_expiry);
  CHECK(has(head, fmt::format("CONNECT 127.0.0.1:{} HTTP/1.1\r\n", server.port())));
  CHECK_FALSE(has(head, "hush"));
}

TEST_CASE(
    "a proxy that cannot be reached or refuses the tunnel is named as the cause, without its "
    "password") {
  Client client;
  SUBCASE("unreachable") {
    const auto port = closed_port();
    auto request = get("http://models.example/");
    request.proxy.url = fmt::format("http://me:hush@127.0.0.1:{}", port);
    const HttpFailure failure = client.failure_of(request);
    CHECK(failure.reason == Reason::Connect);
    CHECK(failure.sentence ==
          fmt::format("no connection to the proxy 127.0.0.1 port {}: connection refused", port));
  }
  SUBCASE("refusing") {
    FakeServer proxy{[](Connection& peer) {
      peer.read_head();
      peer.reply(403, "no");
    }};
    auto request = get("https://models.example/");
    request.proxy.url = fmt::format("127.0.0.1:{}", proxy.port());
    const HttpFailure failure = client.failure_of(request);
    CHECK(failure.reason == Reason::Connect);
    CHECK(failure.sentence ==
          fmt::format("the proxy 127.0.0.1 port {} refused the tunnel with status 403",
                      proxy.port()));
  }
}

}  // namespace modelvane::test
