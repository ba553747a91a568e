// What state formats need beyond lanes: one event for each alert, and the end of those whose
// endpoint has left.
#include <algorithm>
#include <utility>

#include "daemon/engine/outbox.h"

namespace modelvane {

// Of one alert only the newest event counts.
void Outbox::replace_older(Webhook& webhook, Lane& lane) {
  while (lane.parcels.size() > lane.in_flight + 1) {
    const auto older = lane.parcels.begin() + static_cast<std::ptrdiff_t>(lane.in_flight);
    const bool is_accepted = older->is_accepted();
    Delivery done = std::move(older->delivery);
    uncount(webhook, *older);
    lane.parcels.erase(older);
    finish(webhook, std::move(done), DeliveryState::Delivered,
           is_accepted ? "" : "a later event of the same alert took its place");
  }
}

// Another format or another alert_duration: the lanes are others.
void Outbox::sort_anew(const std::string& name, Webhook& webhook) {
  std::erase_if(sent_, [&](const auto& sent) { return sent.second.webhook == name; });
  webhook.in_flight = 0;
  for (auto& departure : std::exchange(webhook.departures, {})) put(webhook, std::move(departure));
  for (auto& [key, lane] : std::exchange(webhook.lanes, {})) {
    for (auto& parcel : lane.parcels) {
      uncount(webhook, parcel);
      if (!parcel.is_dropped) put(webhook, std::move(parcel));
    }
  }
}

void Outbox::end_by(const Parcel& departure, Parcel& parcel) {
  const bool is_its = parcel.life && parcel.event->endpoint == departure.event->endpoint &&
                      parcel.delivery.sequence < departure.delivery.sequence;
  if (!is_its) return;
  const Time at = departure.event->time;
  if (parcel.life->ends && *parcel.life->ends <= at) return;
  if (!parcel.ended) parcel.due = std::min(parcel.due, departure.due);
  parcel.life->ends = parcel.ended = at;
}

void Outbox::add_departure(Webhook& webhook, Parcel departure) {
  const bool is_known = std::ranges::any_of(webhook.departures, [&](const Parcel& known) {
    return known.delivery.sequence == departure.delivery.sequence;
  });
  if (is_known) return;
  webhook.departures.push_back(std::move(departure));
  for (auto& [key, lane] : webhook.lanes) {
    for (auto& parcel : lane.parcels) end_by(webhook.departures.back(), parcel);
  }
  webhook.has_changed = true;
}

// What they ended is over.
void Outbox::finish_departures(Webhook& webhook) {
  std::erase_if(webhook.departures, [&](Parcel& departure) {
    for (const auto& [key, lane] : webhook.lanes) {
      for (const auto& parcel : lane.parcels) {
        if (parcel.event->endpoint == departure.event->endpoint &&
            parcel.delivery.sequence < departure.delivery.sequence)
          return false;
      }
    }
    finish(webhook, std::move(departure.delivery), DeliveryState::Delivered, "");
    return true;
  });
}

}  // namespace modelvane
