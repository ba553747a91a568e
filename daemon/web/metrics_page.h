// /metrics as it is asked for. Texts of large fleets are tens of megabytes, and two Prometheus, a
// page and an agent may ask in the same second: whoever comes while a text is being made waits for
// the next one, together with all others who do. So there are never more than two of a kind, and
// nobody gets a text that was begun before the question. Any thread.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "daemon/engine/snapshot.h"
#include "daemon/http/reply.h"
#include "daemon/http/shared_turn.h"
#include "daemon/metrics/metrics.h"

namespace modelvane {

// What an Accept header asks for: OpenMetrics where that is named, and nothing is wanted more.
MetricsFormat wanted_format(std::string_view accept);
Reply metrics_reply(SharedText text, MetricsFormat format);

class MetricsPage {
 public:
  explicit MetricsPage(std::function<Snapshot()> snapshot) : snapshot_(std::move(snapshot)) {}

  // Compressed already where that is accepted and pays.
  Reply reply(MetricsFormat format, bool accepts_gzip);

 private:
  struct Texts {
    SharedTurn<SharedText> plain;
    SharedTurn<Reply> packed;
  };

  Reply plain(MetricsFormat format);

  const std::function<Snapshot()> snapshot_;
  std::array<Texts, 2> texts_;  // by format
};

}  // namespace modelvane
