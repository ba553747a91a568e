#include "daemon/store/store.h"

#include "daemon/events/event_json.h"

namespace modelvane {

StoredEvent numbered(StoredEvent event, std::uint64_t sequence) {
  event.json = with_sequence(std::move(event.json), sequence);
  event.sequence = sequence;
  return event;
}

Delivery new_delivery(std::uint64_t sequence, std::string webhook, Time at) {
  Delivery delivery;
  delivery.sequence = sequence;
  delivery.webhook = std::move(webhook);
  delivery.created = delivery.next_attempt = at;
  return delivery;
}

}  // namespace modelvane
