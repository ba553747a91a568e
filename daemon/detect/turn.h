// One call of advance(): what its machines share. They change the state in place and say so, which
// spares two copies and a comparison of everything at each poll.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/detect/state.h"
#include "daemon/detect/watched.h"
#include "daemon/events/event.h"

namespace modelvane {

struct Turn {
  EndpointState&
      state;  // `last_good` and `ids` are those of the poll before until all machines are done
  const Watched& watched;
  Time now;
  std::string request_id;
  std::vector<Event> events;
  bool has_changed = false;  // something besides marks: it must become durable

  const Policy& policy() const { return watched.policy; }
  // A new event, good until the next one is made.
  Event& emit(EventType type);
  Event& emit_alias(EventType type, const std::string& alias);
  Event& emit_model(EventType type, const std::string& model);
  bool is_confirmed(const Confirm& confirm, int polls, Time first_seen) const {
    return polls >= confirm.polls && now - first_seen >= confirm.for_at_least;
  }
};

// The targets of an alias: one, or several joined by "," (catalog.h).
bool names_target(const std::string& targets, const std::string& model);

}  // namespace modelvane
