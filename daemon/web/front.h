// Everything between the network and the routes: accepts, reads heads, writes answers, all in one epoll loop on its own thread,
// with a cap on connections and a deadline on each step. Only complete, checked heads reach the workers, and no worker ever waits
// for a client. 500 clients that send a byte now and then cost their descriptors and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/web/request_head.h"

namespace modelvane {

struct FrontLimits {
  // A head fits into one or two packets: 5 s is much for the slowest honest client.
  std::chrono::milliseconds head_deadline{5'000};
  // Prometheus gives up on a scrape after 10 s by default.
  std::chrono::milliseconds write_deadline{15'000};
  std::chrono::milliseconds drain_deadline{1'000};
  // How long stop() lets answers under way end.
  std::chrono::milliseconds stop_grace{500};
  // Scrapers, browsers and probes of one daemon are a few dozen. When descriptors run out before this, new clients wait.
  std::size_t connections = 1'000;
  // Rendering is CPU-bound; four threads leave some free while store and reload requests may block their share.
  std::size_t workers = 4;
  // Answers that clients are slow to read. One uncompressed scrape of 10,000 endpoints has about 60 MB.
  std::size_t unsent_bytes = std::size_t{256} * 1024 * 1024;
};

class Front {
 public:
  Front(FrontLimits limits, std::string external_host, std::function<std::string(const RequestHead&)> answer);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  std::expected<void, std::string> start(const std::vector<std::string>& addresses);
  std::vector<std::string> addresses() const;
  void stop();

 private:
  class Loop;
  FrontLimits limits_;
  std::string external_host_;
  std::function<std::string(const RequestHead&)> answer_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace modelvane
