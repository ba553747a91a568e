// What the transport tests share: a request with sensible defaults, and a client that runs one
// exchange to its end.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "daemon/transport/curl_transport.h"

namespace modelvane::test {

inline HttpRequest get(std::string url, Duration timeout = std::chrono::seconds{10}) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout = timeout;
  request.body_limit = 1024 * 1024;
  return request;
}

struct Client {
  explicit Client(CurlTransportOptions options = {}) : transport(std::move(options)) {}

  HttpResult run(HttpRequest request) {
    transport.start(++last_ticket, std::move(request));
    std::vector<Completion> completed;
    while (completed.empty()) transport.wait(std::chrono::seconds{60}, completed);
    REQUIRE(completed.size() == 1);
    REQUIRE(completed.front().ticket == last_ticket);
    return std::move(completed.front().result);
  }
  HttpReply reply_to(HttpRequest request) {
    auto result = run(std::move(request));
    if (!result) FAIL("failed: ", result.error().sentence);
    return std::move(*result);
  }
  HttpFailure failure_of(HttpRequest request) {
    auto result = run(std::move(request));
    REQUIRE_FALSE(result.has_value());
    return std::move(result.error());
  }

  CurlTransport transport;
  std::uint64_t last_ticket = 0;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace modelvane::test
