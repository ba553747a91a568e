// For state formats (rendering.h): which alert an event begins or ends, and how long it lives.
// Pure.
// An alert is posted again and again while it lives, because Alertmanager forgets what it does not
// hear of; after its end the resolved form is posted for a few minutes more.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "daemon/config/config.h"
#include "daemon/events/event.h"
#include "daemon/store/store.h"
#include "daemon/text/time.h"

namespace modelvane {

// Alertmanager must hear of a living alert at least this often; four times in an alert_duration if
// that is more.
inline constexpr Duration kAlertPostInterval = std::chrono::minutes{1};
inline constexpr int kPostsPerAlert = 4;
// The resolved form is posted for so long after the end, or for an alert_duration if that is
// shorter.
inline constexpr Duration kAlertAftermath = std::chrono::minutes{5};
// A firing alert ends by itself so long after its last post, should modelvane be gone for good.
inline constexpr Duration kAlertHold = std::chrono::minutes{4};

// A drill has been seen by then; nobody should have to clear it away.
inline constexpr Duration kDrillLasts = std::chrono::seconds{30};

struct AlertLife {
  std::string key;  // one alert; events that begin it, prolong it or end it have the same
  Time starts{};    // of an event that only ends: when what it ends began, as far as is known
  std::optional<Time> ends;  // none: until another event of the same key
  bool begins = true;        // false: the event ends the alert
  Duration post_every{kAlertPostInterval};
  Duration aftermath{kAlertAftermath};
};

// None when the event's JSON cannot be read. A fact without a duration (alias.moved, model.added,
// ...) is an alert for `alert_duration`; a state (endpoint.down, alias.pin_broken, ...) until the
// event that ends it.
std::optional<AlertLife> alert_life(const WebhookConfig& webhook, const StoredEvent& event);

// For an event that ends a state: which type began it.
std::optional<EventType> beginning_of(EventType end);
// For an event that begins a state: which type ends it.
std::optional<EventType> end_of(EventType beginning);
// The one that began the state which the event begins or ends; none for a fact.
std::optional<EventType> beginning_of_state(const Event& event);

// The labels of that alert, its identity for Alertmanager: the same for the event that begins it
// and the one that ends it.
std::map<std::string, std::string> alert_labels(const Event& event);

}  // namespace modelvane
