#include "daemon/http/request_head.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace modelvane;

namespace {

// 200 = accepted.
int status_of(const std::string& text, const std::string& external_host = "") {
  const auto end = find_head_end(text, 0);
  if (!end) return end.error().status;
  if (*end == 0) return 0;
  const auto head = read_head(std::string_view{text}.substr(0, *end),
                              Site{.url = "", .host = external_host, .prefix = ""});
  return head ? 200 : head.error().status;
}

std::string with_header(const std::string& lines,
                        const std::string& request_line = "GET /metrics HTTP/1.1") {
  return request_line + "\r\nHost: localhost:10178\r\n" + lines + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a head is found whatever pieces it comes in") {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (std::size_t size = 0; size < text.size() - 4; ++size) {
    CAPTURE(size);
    CHECK(find_head_end(std::string_view{text}.substr(0, size), size / 2).value() == 0);
  }
  for (std::size_t seen = 0; seen < text.size() - 4; ++seen)
    CHECK(find_head_end(text, seen).value() == text.size() - 4);
}

TEST_CASE("what two parsers could read differently is refused") {
  struct Row {
    std::string text;
    int status;
  };
  for (const Row& row : {
           Row{"GET / HTTP/1.1\nHost: a\n\n", 400},
           Row{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           Row{std::string{"GET /\0 HTTP/1.1\r\n", 17}, 400},
           Row{with_header("A: 1\r\n folded"), 400},
           Row{with_header("A: 1\r\n\tfolded"), 400},
           Row{with_header("A : 1"), 400},
           Row{with_header(" A: 1"), 400},
           Row{with_header(": 1"), 400},
           Row{with_header("no colon"), 400},
           Row{with_header("A: a\rb"), 400},
           Row{with_header("A: a\x01"), 400},
           Row{with_header("Host: other"), 400},
           Row{"GET / HTTP/1.1\r\n\r\n", 400},
           Row{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
           Row{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
           Row{with_header("Transfer-Encoding: chunked"), 400},
           Row{with_header("transfer-encoding: identity"), 400},
           Row{with_header("Content-Length: 1\r\nContent-Length: 1"), 400},
           Row{with_header("Content-Length: +1"), 400},
           Row{with_header("Content-Length: 0x1"), 400},
           Row{with_header("Content-Length: 1, 1"), 400},
           Row{with_header("Content-Length: 99999999999999999999999"), 400},
           Row{with_header("Content-Length: 1000000"), 413},
           Row{with_header("", "GET  / HTTP/1.1"), 400},
           Row{with_header("", "GET / HTTP/1.1 "), 400},
           Row{with_header("", "GET /"), 400},
           Row{with_header("", "GET / HTTP/2.0"), 505},
           Row{with_header("", "GET / http/1.1"), 400},
           Row{with_header("", "GET http://a/ HTTP/1.1"), 400},
           Row{with_header("", "GET /\xc3\xa9 HTTP/1.1"), 400},
           Row{with_header("", "G\"T / HTTP/1.1"), 400},
           Row{with_header("", "GET /" + std::string(kPathBytesMax, 'a') + " HTTP/1.1"), 414},
           Row{with_header("", "GET /?" + std::string(kTargetBytesMax, 'a') + " HTTP/1.1"), 414},
       }) {
    CAPTURE(row.text);
    CHECK(status_of(row.text) == row.status);
  }
}

TEST_CASE("ordinary requests are accepted") {
  CHECK(status_of(with_header("Accept: */*")) == 200);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: [::1]:10178\r\nA:\r\n\r\n") == 200);
  CHECK(status_of(with_header("Content-Length: 0", "POST /-/reload HTTP/1.1")) == 200);
  CHECK(status_of(with_header("Content-Length: 6", "POST /-/reload HTTP/1.1")) == 200);
  CHECK(status_of(with_header("", "HEAD /metrics HTTP/1.1")) == 200);
}

TEST_CASE("bytes and headers are capped") {
  CHECK(status_of("GET / HTTP/1.1\r\nA: " + std::string(kHeadBytesMax, 'a')) == 431);
  CHECK(status_of(std::string(kHeadBytesMax, 'a')) == 431);
  std::string lines = "A: 1";
  for (std::size_t i = 2; i < kHeaderLinesMax; ++i) lines += "\r\nA: 1";
  CHECK(status_of(with_header(lines)) == 200);
  CHECK(status_of(with_header(lines + "\r\nA: 1")) == 431);
}

TEST_CASE("methods are those that some path has") {
  for (const auto* method :
       {"PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "post", "delete"}) {
    CAPTURE(method);
    CHECK(status_of(with_header("", std::string{method} + " /metrics HTTP/1.1")) == 405);
  }
  for (const auto* method : {"GET", "HEAD", "POST", "DELETE"})
    CHECK(status_of(with_header("", std::string{method} + " /metrics HTTP/1.1")) == 200);
}

TEST_CASE("a page of another site cannot post") {
  struct Row {
    std::string header;
    int status;
  };
  for (const Row& row : {
           Row{"Origin: http://localhost:10178", 200},
           Row{"Origin: https://LOCALHOST:10178", 200},
           Row{"Origin: http://localhost", 403},
           Row{"Origin: http://evil.example", 403},
           Row{"Origin: http://localhost:10178.evil.example", 403},
           Row{"Origin: null", 403},
           Row{"Origin:", 403},
           Row{"Origin: https://vane.example.com", 200},
           Row{"Sec-Fetch-Site: cross-site", 403},
           Row{"Sec-Fetch-Site: same-origin", 200},
           Row{"Sec-Fetch-Site: none", 200},
       }) {
    CAPTURE(row.header);
    CHECK(status_of(with_header(row.header, "POST /-/reload HTTP/1.1"), "vane.example.com") ==
          row.status);
  }
  CHECK(status_of(with_header("Origin: http://evil.example"), "") ==
        200);  // reading is protected by browsers themselves
}

TEST_CASE("only headers that are used go on to the routes") {
  const auto text = with_header(
      "Range: bytes=0-1\r\nREMOTE_ADDR: 6.6.6.6\r\nCookie: a=b\r\nX-Forwarded-For: "
      "6.6.6.6\r\nAccept: text/html\r\n"
      "Accept-Encoding: br, gzip\r\nmodelvane-accepts-gzip: 1\r\nContent-Length: "
      "3\r\nAuthorization: Basic x");
  const auto head = read_head(text, {}).value();
  const std::vector<std::pair<std::string, std::string>> expected{{"host", "localhost:10178"},
                                                                  {"accept", "text/html"},
                                                                  {"accept-encoding", "br, gzip"},
                                                                  {"authorization", "Basic x"}};
  CHECK(head.headers == expected);
  CHECK(head.header("accept") == "text/html");
  CHECK(head.header("cookie").empty());
  CHECK(head.accepts_gzip);
}

TEST_CASE("a target is split into path and query") {
  const auto head_of = [](const std::string& target) {
    return *read_head(with_header("A: b", "GET " + target + " HTTP/1.1"), {});
  };
  CHECK(head_of("/a?b=c?d").path() == "/a");
  CHECK(head_of("/a?b=c?d").query() == "b=c?d");
  CHECK(head_of("/a").query().empty());
  CHECK(head_of("/a?").query().empty());
}

TEST_CASE("gzip is taken where the client takes it") {
  for (const auto* yes : {"gzip", "gzip, deflate", "br;q=1.0, gzip;q=0.8", "GZIP", "gzip;q=0.001",
                          "x-gzip", "identity,gzip"}) {
    CAPTURE(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const auto* no :
       {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "gzip ; q=0", "notgzip", "*"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}
