#include "daemon/web/server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "daemon/web/metrics_page.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

TEST_CASE("every path answers with its status and content type") {
  World world;
  struct Row {
    std::string target;
    int status;
    std::string content_type;
  };
  for (const Row& row : {
           Row{"/", 200, "text/html; charset=utf-8"},
           Row{"/?utm=1", 200, "text/html; charset=utf-8"},
           Row{"/page/style.css", 200, "text/css; charset=utf-8"},
           Row{"/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"},
           Row{"/-/healthy", 200, "text/plain; charset=utf-8"},
           Row{"/-/ready", 200, "text/plain; charset=utf-8"},
           Row{"/api/v1/endpoints", 200, "application/json"},
           Row{"/api/v1/aliases", 200, "application/json"},
           Row{"/api/v1/models?endpoint=internlm", 200, "application/json"},
           Row{"/api/v1/events", 200, "application/json"},
           Row{"/api/v1/deliveries", 200, "application/json"},
           Row{"/api/v1/status", 200, "application/json"},
           Row{"/feed.atom", 200, "application/atom+xml; charset=utf-8"},
           Row{"/openapi.json", 200, "application/json"},
           Row{"/schemas/event.json", 200, "application/schema+json"},
           Row{"/runbooks/ModelvaneDown", 200, "text/plain; charset=utf-8"},
           Row{"/runbooks/ModelvaneDown.md", 200, "text/plain; charset=utf-8"},
           Row{"/runbooks/", 404, "application/problem+json"},
           Row{"/runbooks/Nothing", 404, "application/problem+json"},
           Row{"/-/reload", 405, "application/problem+json"},
           Row{"/nothing", 404, "application/problem+json"},
           Row{"/metrics/", 404, "application/problem+json"},
           Row{"/page/none.js", 404, "application/problem+json"},
           Row{"/../etc/passwd", 404, "application/problem+json"},
           Row{"/%2e%2e/%00", 404, "application/problem+json"},
           Row{"/api/v1/events?limit=0", 400, "application/problem+json"},
       }) {
    CAPTURE(row.target);
    const auto answer = get(world.address(), row.target);
    CHECK(answer.status == row.status);
    CHECK(answer.header("content-type") == row.content_type);
    CHECK(answer.header("x-content-type-options") == "nosniff");
    CHECK(answer.header("connection") == "close");
    CHECK(answer.header("content-length") == std::to_string(answer.body.size()));
    CHECK_FALSE(answer.header("content-security-policy").empty());
    CHECK(answer.header("referrer-policy") == "no-referrer");
    const bool is_live =
        row.target.starts_with("/-/") || row.target == "/metrics" || row.status != 200;
    CHECK(answer.header("cache-control") == (is_live ? "no-store" : "no-cache"));
    CHECK(answer.headers.contains("etag") == !is_live);
  }
}

TEST_CASE("HEAD answers like GET, without the body") {
  World world;
  for (const auto* target : {"/", "/-/healthy", "/api/v1/status", "/nothing"}) {
    CAPTURE(target);
    const auto with_body = get(world.address(), target);
    const auto without = fetch(world.address(), request("HEAD", target));
    CHECK(without.status == with_body.status);
    CHECK(without.body.empty());
    CHECK(without.header("content-length") == with_body.header("content-length"));
    CHECK(without.header("content-type") == with_body.header("content-type"));
  }
}

TEST_CASE("a scrape can be compressed, and is the same text then") {
  World world;
  const auto plain = get(world.address(), "/api/v1/endpoints");
  const auto packed = get(world.address(), "/api/v1/endpoints", "Accept-Encoding: br, gzip\r\n");
  CHECK(packed.header("content-encoding") == "gzip");
  CHECK(packed.header("vary") == "Accept-Encoding");
  CHECK(packed.body.size() < plain.body.size());
  CHECK(gunzip(packed.body) == plain.body);
  CHECK(plain.header("content-encoding").empty());
  const auto metrics = get(world.address(), "/metrics", "Accept-Encoding: gzip\r\n");
  CHECK(metrics.header("content-encoding") == "gzip");
  CHECK(gunzip(metrics.body)
            .find("modelvane_build_info{version=\"0.1.0\",revision=\"0123456789ab\"} 1\n") !=
        std::string::npos);
  CHECK(get(world.address(), "/metrics", "Accept-Encoding: br\r\n")
            .header("content-encoding")
            .empty());
}

TEST_CASE("OpenMetrics is for who asks for it") {
  const auto row = [](const char* accept, MetricsFormat format) {
    CAPTURE(accept);
    CHECK(wanted_format(accept) == format);
  };
  row("", MetricsFormat::Text);
  row("*/*", MetricsFormat::Text);
  row("text/html,application/xhtml+xml,*/*;q=0.8", MetricsFormat::Text);
  row("application/openmetrics-text", MetricsFormat::OpenMetrics);
  row("Application/OpenMetrics-Text; Version=1.0.0", MetricsFormat::OpenMetrics);
  // Prometheus 2.42 and 3.5.
  row("application/openmetrics-text;version=1.0.0,application/"
      "openmetrics-text;version=0.0.1;q=0.75,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      MetricsFormat::OpenMetrics);
  row("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
      "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,"
      "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      MetricsFormat::OpenMetrics);
  row("text/plain, application/openmetrics-text;q=0.5", MetricsFormat::Text);
  row("application/openmetrics-text;q=0", MetricsFormat::Text);
  row("application/openmetrics-text;q=", MetricsFormat::Text);
  row("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", MetricsFormat::Text);
  World world;
  const auto answer = get(world.address(), "/metrics", "Accept: application/openmetrics-text\r\n");
  CHECK(answer.header("content-type") ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(answer.body.ends_with("# EOF\n"));
  CHECK(get(world.address(), "/metrics").header("content-type") ==
        "text/plain; version=0.0.4; charset=utf-8");
  CHECK(get(world.address(), "/probe?target=internlm", "Accept: application/openmetrics-text\r\n")
            .body.ends_with("# EOF\n"));
}

TEST_CASE("what is turned away is counted by its cause") {
  World world;
  CHECK(fetch(world.address(), "BREW / HTCPCP/1.0\r\n\r\n").status >= 400);
  CHECK(fetch(world.address(), request("POST", "/-/reload", "Origin: http://evil.example\r\n"))
            .status == 403);
  CHECK(fetch(world.address(),
              "POST /-/reload HTTP/1.1\r\nHost: evil.example\r\n"
              "Connection: close\r\n\r\n")
            .status == 403);
  const auto counts = world.server.refused();
  CHECK(counts[static_cast<std::size_t>(RefusalCause::Malformed)] == 1);
  CHECK(counts[static_cast<std::size_t>(RefusalCause::Host)] == 2);
}

TEST_CASE("ready turns with the store") {
  World world;
  CHECK(get(world.address(), "/-/ready").body == "modelvane is ready.\n");
  world.snapshot.daemon.store_ok = false;
  world.snapshot.daemon.store_sentence = "the disk is full";
  const auto full = get(world.address(), "/-/ready");
  CHECK(full.status == 503);
  CHECK(full.body == "the disk is full\n");
  world.snapshot = sample::empty_snapshot();
  CHECK(get(world.address(), "/-/ready").status == 503);
  CHECK(get(world.address(), "/-/healthy").body == "modelvane is healthy.\n");
}

TEST_CASE("reload says what came of it") {
  World world;
  std::atomic<int> calls{0};
  world.reload = [&]() -> std::expected<void, std::string> {
    if (++calls == 1) return {};
    return std::unexpected("modelvane.yml:3:5: unknown key \"intervall\"");
  };
  CHECK(fetch(world.address(), request("POST", "/-/reload")).status == 200);
  const auto failed =
      fetch(world.address(), request("POST", "/-/reload", "Content-Length: 2\r\n") + "{}");
  CHECK(failed.status == 500);
  CHECK(failed.body == "modelvane.yml:3:5: unknown key \"intervall\"\n");
  CHECK(fetch(world.address(), request("POST", "/-/reload", "Origin: http://evil.example\r\n"))
            .status == 403);
  CHECK(calls == 2);
  const auto wrong_method = get(world.address(), "/-/reload");
  CHECK(wrong_method.header("allow") == "POST");
  CHECK(calls == 2);
}

TEST_CASE("a reload from behind a reverse proxy is recognised by the external URL") {
  World world{{"127.0.0.1:0"}, "https://vane.example.com/"};
  CHECK(fetch(world.address(), request("POST", "/-/reload", "Origin: https://vane.example.com\r\n"))
            .status == 200);
}

TEST_CASE("the external URL's path comes before all paths, and its root leads there") {
  World world{{"127.0.0.1:0"}, "https://vane.example.com/modelvane/"};
  for (const auto* entrance : {"/", "/modelvane"}) {
    const auto answer = get(world.address(), entrance);
    CHECK(answer.status == 302);
    CHECK(answer.header("location") == "/modelvane/");
    CHECK_FALSE(answer.header("content-security-policy").empty());
  }
  CHECK(get(world.address(), "/modelvane/").status == 200);
  CHECK(get(world.address(), "/modelvane/metrics").status == 200);
  CHECK(get(world.address(), "/modelvane/api/v1/aliases?endpoint=internlm").status == 200);
  CHECK(get(world.address(), "/metrics").status == 404);
  CHECK(get(world.address(), "/modelvanes/metrics").status == 404);
  CHECK(fetch(world.address(),
              request("POST", "/modelvane/-/reload", "Origin: https://vane.example.com\r\n"))
            .status == 200);
}

TEST_CASE("a proxy may cut the external URL's path off") {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .external_url = "https://vane.example.com/modelvane",
                         .route_prefix = "/"}};
  CHECK(get(world.address(), "/metrics").status == 200);
  CHECK(get(world.address(), "/feed.atom")
            .body.find("href=\"https://vane.example.com/modelvane/feed.atom\"") !=
        std::string::npos);
}

TEST_CASE("an external URL must be one") {
  for (const auto* wrong : {"vane.example.com", "ftp://a/", "https://", "https://a/?x=1",
                            "https://u:p@a/", "https://a/ b"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(site_of(wrong, std::nullopt));
    CHECK(site_of(wrong, std::nullopt).error().starts_with("--web.external-url: "));
  }
  CHECK(site_of("http://vane:8080//", std::nullopt)->url == "http://vane:8080/");
  CHECK(site_of("http://vane:8080/a/b/", std::nullopt)->prefix == "/a/b");
  CHECK(site_of("", "/x/")->prefix == "/x");
  CHECK(site_of("", "x").error().starts_with("--web.route-prefix: "));
}

TEST_CASE("an answer that a client has already is not sent again") {
  World world;
  for (const auto* target : {"/api/v1/endpoints", "/api/v1/aliases", "/api/v1/events",
                             "/api/v1/deliveries", "/feed.atom", "/openapi.json"}) {
    CAPTURE(target);
    const auto first = get(world.address(), target);
    const auto tag = first.header("etag");
    REQUIRE(tag.starts_with("W/\""));
    for (const auto& header : {tag, "\"other\", " + tag, tag.substr(2), std::string{"*"}}) {
      const auto again = get(world.address(), target, "If-None-Match: " + header + "\r\n");
      CHECK(again.status == 304);
      CHECK(again.body.empty());
      CHECK(again.header("etag") == tag);
      CHECK(again.header("vary") == first.header("vary"));
      CHECK_FALSE(again.headers.contains("content-length"));
    }
    CHECK(get(world.address(), target, "If-None-Match: W/\"0000000000000000\"\r\n").body ==
          first.body);
    CHECK(get(world.address(), target, "If-None-Match: " + tag + "\r\nAccept-Encoding: gzip\r\n")
              .status == 304);
  }
  const auto before = get(world.address(), "/api/v1/events").header("etag");
  world.log.add(moved_event("a", "b", "c"));
  CHECK(get(world.address(), "/api/v1/events", "If-None-Match: " + before + "\r\n").status == 200);
}

TEST_CASE("without passwords, nobody acts here by a name that is not this server's") {
  World world{WebOptions{.listen_addresses = {"127.0.0.1:0"},
                         .external_url = "https://vane.example.com:8443/",
                         .allowed_hosts = {"modelvane"}}};
  const auto status = [&](const std::string& host) {
    return fetch(world.address(), "POST /-/reload HTTP/1.1\r\nConnection: close\r\nHost: " + host +
                                      "\r\nOrigin: http://" + host + "\r\n\r\n")
        .status;
  };
  for (const auto* own : {"localhost:10178", "LOCALHOST", "127.0.0.1:1", "10.0.0.7", "[::1]:10178",
                          "vane.example.com", "Modelvane:10178", "modelvane."}) {
    CAPTURE(own);
    CHECK(status(own) == 200);
  }
  for (const auto* foreign : {"evil.example", "evil.example:10178", "127.0.0.1.evil.example",
                              "modelvane.evil.example", "[::1].evil.example", "x[::1]"}) {
    CAPTURE(foreign);
    CHECK(status(foreign) == 403);
    CHECK(
        fetch(world.address(), std::string{"GET /metrics HTTP/1.1\r\nConnection: close\r\nHost: "} +
                                   foreign + "\r\n\r\n")
            .status == 200);
  }
  CHECK(fetch(world.address(), "POST /-/reload HTTP/1.0\r\n\r\n").status == 403);
}

TEST_CASE("one reload at a time") {
  World world;
  std::latch inside{1};
  std::latch may_end{1};
  world.reload = [&]() -> std::expected<void, std::string> {
    inside.count_down();
    may_end.wait();
    return {};
  };
  const Client first{world.address()};
  first.send(request("POST", "/-/reload"));
  inside.wait();
  CHECK(fetch(world.address(), request("POST", "/-/reload")).status == 503);
  may_end.count_down();
  CHECK(first.read_answer().status == 200);
}

TEST_CASE("a hanging store holds up neither scrapes nor the page") {
  World world;
  world.log.hang();
  const Client first{world.address()};
  const Client second{world.address()};
  first.send(request("GET", "/api/v1/events"));
  second.send(request("GET", "/api/v1/events"));
  world.log.wait_for_queries(2);
  CHECK(get(world.address(), "/api/v1/events").status == 503);
  CHECK(get(world.address(), "/metrics").status == 200);
  CHECK(get(world.address(), "/").status == 200);
  world.log.go_on();
  CHECK(first.read_answer().status == 200);
  CHECK(second.read_answer().status == 200);
}

TEST_CASE("a hook that throws is an error of one request") {
  World world;
  world.reload = []() -> std::expected<void, std::string> {
    throw std::runtime_error("secret detail");
  };
  const auto answer = fetch(world.address(), request("POST", "/-/reload"));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
  for (const auto& [name, value] : answer.headers) CHECK(value.find("secret") == std::string::npos);
  CHECK(get(world.address(), "/-/healthy").status == 200);
}

TEST_CASE("several addresses are served, and the bound ones are told") {
  World world{{"127.0.0.1:0", "127.0.0.1:0", ":0"}};
  const auto addresses = world.server.addresses();
  REQUIRE(addresses.size() == 3);
  CHECK(addresses[0].starts_with("127.0.0.1:"));
  CHECK(addresses[0] != addresses[1]);
  for (const auto& address : addresses) CHECK(get(address, "/-/healthy").status == 200);
}

TEST_CASE("a second server on the same address fails with a sentence") {
  World world;
  WebServer second{{.listen_addresses = {world.address()}},
                   {.snapshot = [] { return sample::empty_snapshot(); }}};
  const auto started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error() == "cannot listen on " + world.address() +
                               ": the address is already in use; stop the other program, or choose "
                               "another --web.listen-address");
  CHECK(second.addresses().empty());
  CHECK(get(world.address(), "/-/healthy").status == 200);
}

TEST_CASE("an address must be one") {
  for (const auto* wrong : {"", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                            "127.0.0.1:70000", "::1:80", "127.0.0.1:-1", "[::1]"}) {
    CAPTURE(wrong);
    WebServer server{{.listen_addresses = {wrong}},
                     {.snapshot = [] { return sample::empty_snapshot(); }}};
    const auto started = server.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().find("host:port") != std::string::npos);
  }
  WebServer foreign{{.listen_addresses = {"192.0.2.1:0"}},
                    {.snapshot = [] { return sample::empty_snapshot(); }}};
  CHECK(foreign.start().error() ==
        "cannot listen on 192.0.2.1:0: this machine has no such address");
  WebServer none{{}, {.snapshot = [] { return sample::empty_snapshot(); }}};
  CHECK_FALSE(none.start());
}

TEST_CASE("after stop the port is free for the next one at once") {
  std::string address;
  {
    World world;
    address = world.address();
    CHECK(get(address, "/-/healthy").status == 200);
  }
  CHECK_FALSE(Client{address}.is_connected());
  World again{{address}};
  CHECK(get(address, "/-/healthy").status == 200);
}

TEST_CASE("stop lets an answer under way end and does not wait for idle clients") {
  std::latch inside{1};
  std::latch may_end{1};
  BareFront bare{{.head_deadline = 10min, .stop_grace = 10min}, [&](const RequestHead&) {
                   inside.count_down();
                   may_end.wait();
                   return text_reply(200, "done");
                 }};
  const Client idle{bare.address()};
  const Client asking{bare.address()};
  asking.send(request("GET", "/"));
  inside.wait();
  std::thread stopper{[&] { bare.front.stop(); }};
  CHECK(idle.is_closed_by_server());  // the server is stopping now
  may_end.count_down();
  CHECK(asking.read_answer().body == "done\n");
  stopper.join();
}

TEST_CASE("stop gives up on answers that nobody reads") {
  BareFront bare{{.write_deadline = 10min, .stop_grace = 10ms}, [](const RequestHead&) {
                   return text_reply(200, std::string(32 * 1024 * 1024, 'x'));
                 }};
  const Client lazy{bare.address()};
  lazy.send(request("GET", "/"));
  REQUIRE(lazy.has_begun_to_answer());
  bare.front.stop();
  CHECK(lazy.read_all().size() < 32 * 1024 * 1024);
}
