#include "daemon/web/event_stream.h"

#include <fmt/format.h>

#include "daemon/web/event_filter.h"

namespace modelvane {
namespace {

constexpr std::chrono::milliseconds kReconnectAfter{3'000};

}  // namespace

std::expected<StreamRequest, Reply> read_stream_request(const Query& query,
                                                        std::string_view last_event_id) {
  Parameters parameters{query};
  StreamRequest request{.filter = read_event_filter(parameters), .after = std::nullopt};
  const auto after = parameters.text("after");
  const auto last = last_event_id.empty() ? std::string_view{after} : last_event_id;
  request.after = whole_number(last);
  if (!last.empty() && !request.after) {
    parameters.refuse(400, "after and Last-Event-ID must be the sequence of an event, such as 42");
  }
  request.wants_snapshots = parameters.flag("snapshots").value_or(false);
  if (auto refusal = parameters.refusal()) return std::unexpected(std::move(*refusal));
  return request;
}

Reply stream_reply() {
  // X-Accel-Buffering: nginx would hold the events back otherwise.
  return {.content_type = "text/event-stream",
          .body = fmt::format("retry: {}\n\n", kReconnectAfter.count()),
          .headers = {{"X-Accel-Buffering", "no"}},
          .is_endless = true};
}

// The event's JSON has no line end in it, so that one data line holds it byte for byte.
std::string stream_block(const StoredEvent& event) {
  return fmt::format("id: {:020}\nevent: {}\ndata: {}\n\n", event.sequence, name(event.type),
                     event.json);
}

std::string stream_block(const Pulse& pulse) {
  return fmt::format("event: snapshot\ndata: {{\"at\":\"{}\",\"endpoints\":{}}}\n\n",
                     to_rfc3339(pulse.at), pulse.endpoints);
}

}  // namespace modelvane
