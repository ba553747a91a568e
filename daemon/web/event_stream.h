// The wire form of /api/v1/events/stream (server-sent events): what a client asks for, and the
// blocks of text that it gets. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"
#include "daemon/web/query.h"

namespace modelvane {

struct StreamRequest {
  EventFilter filter;  // endpoint, alias, types
  std::optional<std::uint64_t>
      after;  // the last event that the client has; none = only what comes from now on
  bool wants_snapshots = false;
};

// The header counts more than the parameter `after`: a browser sends it when it connects again to
// the same address. The error is the answer to give.
std::expected<StreamRequest, Reply> read_stream_request(const Query& query,
                                                        std::string_view last_event_id);

// The answer, with its first block: how long a client waits before it connects again.
Reply stream_reply();

std::string stream_block(const StoredEvent& event);
std::string stream_block(const Pulse& pulse);
inline constexpr std::string_view kStreamHeartbeat = ":\n\n";

}  // namespace modelvane
