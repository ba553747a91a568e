// A small HTTP/1.1 server for what only simulates: the models API, the receiver, fake upstreams in
// tests. Loopback only: it has no defence against hostile clients, which is why the daemon's own
// pages are served by daemon/web. The answer function is called from several threads at once and
// may take its time; stop() ends its delays early.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane::simulated {

struct ServedRequest {
  std::string method;
  std::string path;
  std::string query{};                           // without the question mark
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
  // "" when the header is missing.
  std::string header(const std::string& name) const;
};

struct ServedReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  Duration delay{0};  // before the first byte
  // In place of `body`: sent one after the other, so far apart, until the client goes away.
  std::vector<std::string> parts{};
  Duration between_parts{0};
  std::function<void()> on_part{};  // when one was sent; any thread
};

class LoopbackServer {
 public:
  using Answer = std::function<ServedReply(const ServedRequest&)>;

  // `address` is "host:port" of a loopback interface; port 0 = the kernel chooses.
  LoopbackServer(std::string address, Answer answer);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  // The error is a sentence: what, where, what to do.
  std::expected<void, std::string> start();
  // Waits for answers under way. Harmless when not started.
  void stop();
  // "http://127.0.0.1:40123", valid after start().
  std::string base_url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace modelvane::simulated
