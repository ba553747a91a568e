// A models API on loopback that follows a script: GET /api/v1/models answers as the scene of the
// moment demands, and POST /api/v1/chat/completions by the model that the alias points to then, in
// one answer or as a stream of events. The key does not matter. start(), stop() and url() belong to
// the owner's thread; requests() to any.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "daemon/simulate/loopback_server.h"
#include "daemon/simulate/script.h"
#include "daemon/text/time.h"

namespace modelvane::simulated {

class ModelsApi {
 public:
  struct Options {
    std::string listen_address = "127.0.0.1:0";
    Script script = built_in_script();
    // Time since the start of the script; by default since start(). Any thread.
    std::function<Duration()> elapsed{};
  };

  explicit ModelsApi(Options options);

  std::expected<void, std::string> start();
  void stop() { server_.stop(); }
  // "http://127.0.0.1:40123/api/v1/models"
  std::string url() const;
  Duration elapsed() const { return elapsed_(); }
  std::uint64_t requests() const { return requests_; }
  // Sent in streams, each a word.
  std::uint64_t tokens() const { return tokens_; }

 private:
  ServedReply answer(const ServedRequest& request);
  ServedReply complete(const ServedRequest& request);

  const Script script_;
  std::function<Duration()> elapsed_;
  std::chrono::steady_clock::time_point started_{};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> tokens_{0};
  LoopbackServer server_;  // last: its threads use everything above
};

}  // namespace modelvane::simulated
