// Everything between the network and the routes: accepts, reads heads, writes answers, all in one
// epoll loop on its own thread, with a cap on connections and a deadline on each step. Only
// complete, checked heads reach the workers, and no worker ever waits for a client. 500 clients
// that send a byte now and then cost their descriptors and nothing else, and so do 500 event
// streams in which nothing happens: what is new is looked for ten times a second, for all of them
// at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/refusals.h"
#include "daemon/http/request_head.h"
#include "daemon/http/tls_context.h"
#include "daemon/web/event_stream.h"
#include "daemon/web/streams.h"

namespace modelvane {

struct FrontLimits {
  // A head fits into one or two packets: 5 s is much for the slowest honest client.
  std::chrono::milliseconds head_deadline{5'000};
  // A kept connection outlasts the usual pauses between scrapes, up to a minute.
  std::chrono::milliseconds idle_deadline{75'000};
  // Clients come back through whatever balances load, and nothing is kept for ever.
  std::size_t requests_per_connection = 1'000;
  // Prometheus gives up on a scrape after 10 s by default.
  std::chrono::milliseconds write_deadline{15'000};
  std::chrono::milliseconds drain_deadline{1'000};
  // How long stop() lets answers under way end.
  std::chrono::milliseconds stop_grace{500};
  // Scrapers, browsers and probes of one daemon are a few dozen. When descriptors run out before
  // this, new clients wait.
  std::size_t connections = 1'000;
  // Rendering is CPU-bound; these leave some free while store, reload and passwords block their
  // share (event_query.cpp).
  std::size_t workers = 12;
  // Pages left open in browsers. They leave half of the connections to those who come and go.
  std::size_t streams = 500;
  Streams::Pace stream_pace;
  // Answers that clients are slow to read; a text that many read counts once. One uncompressed
  // scrape of 10,000 endpoints has about 60 MB.
  std::size_t unsent_bytes = std::size_t{256} * 1024 * 1024;
};

// What a request comes to: an answer, or the beginning of a stream.
struct Response {
  Reply reply;
  std::optional<StreamRequest> stream;
};

struct FrontHooks {
  std::function<Response(const RequestHead&)> answer;  // from several threads at once
  std::function<Streams::Found(const EventFilter&)>
      read_events;               // for streams; from one thread at a time
  std::function<Pulse()> pulse;  // from the front's thread
  // What new clients are to speak; null, also the hook itself = HTTP in clear text. From the
  // front's thread.
  std::function<std::shared_ptr<const TlsContext>()> tls;
  // Of every answer that does not set them itself, also of those that no route made; null = none.
  // From the front's thread.
  std::function<Headers()> headers;
  // A client was turned away before anybody saw what it asks for; null = nobody counts. From the
  // front's thread.
  std::function<void(RefusalCause)> refused;
};

class Front {
 public:
  Front(FrontLimits limits, Site site, FrontHooks hooks);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  std::expected<void, std::string> start(const std::vector<std::string>& addresses,
                                         const std::vector<int>& descriptors = {});
  std::vector<std::string> addresses() const;
  void stop();

 private:
  class Loop;
  FrontLimits limits_;
  Site site_;
  FrontHooks hooks_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace modelvane
