// What need not be told any more because something newer waits behind it.
#include <utility>

#include "daemon/engine/outbox.h"

namespace modelvane {

// A state that began and ended before anybody could be told is one line, that of its end, and pages
// nobody. `placed` is the parcel that has just come: all others were looked at when they did.
void Outbox::leave_out_what_ended(Webhook& webhook, Lane& lane, std::size_t placed) {
  const auto ends = [&](std::size_t end, std::size_t begin) {
    const StoredEvent& a = *lane.parcels[begin].event;
    const StoredEvent& b = *lane.parcels[end].event;
    return beginning_of(b.type) == a.type && b.alias == a.alias;
  };
  const auto leave_out = [&](std::size_t begin) {
    Delivery done = std::move(lane.parcels[begin].delivery);
    uncount(webhook, lane.parcels[begin]);
    lane.parcels.erase(lane.parcels.begin() + static_cast<std::ptrdiff_t>(begin));
    finish(webhook, std::move(done), DeliveryState::Delivered,
           "it had ended before it could be told; its end tells of both");
  };
  if (beginning_of(lane.parcels[placed].event->type)) {
    for (std::size_t begin = placed; begin-- > lane.in_flight;) {
      if (!ends(placed, begin)) continue;
      leave_out(begin);
      --placed;
    }
    return;
  }
  for (std::size_t end = placed + 1; end < lane.parcels.size(); ++end) {
    if (ends(end, placed)) return leave_out(placed);
  }
}

// A sign of life is of use while it is fresh.
void Outbox::replace_heartbeats(Webhook& webhook, Lane& lane) {
  for (auto newer = lane.parcels.size(); newer-- > lane.in_flight + 1;) {
    Parcel& older = lane.parcels[newer - 1];
    if (older.event->type != EventType::DaemonHeartbeat ||
        lane.parcels[newer].event->type != EventType::DaemonHeartbeat)
      continue;
    Delivery done = std::move(older.delivery);
    uncount(webhook, older);
    lane.parcels.erase(lane.parcels.begin() + static_cast<std::ptrdiff_t>(newer - 1));
    finish(webhook, std::move(done), DeliveryState::Delivered, "a later heartbeat took its place");
  }
}

}  // namespace modelvane
