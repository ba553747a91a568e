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
  // `last_good` and `ids` are those of the poll before until all machines are done.
  EndpointState& state;
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
  // catalog.*, about ids that left or came together; `models_now` are in the list.
  Event& emit_ids(EventType type, const std::vector<std::string>& ids, std::size_t models_now);
  // The id was told to be gone. Then: it is back, after it was told or while that was waited for.
  void has_left(const std::string& id) { state.restless.departed[id] = now; }
  void is_back(const std::string& id, bool was_told);
  // This poll showed `seen`: what has just become a fact by it (confirming.h), or nothing. None as
  // `last_seen`: the known value was never seen.
  template <typename Value>
  std::optional<Fact<Value>> observe(Confirming<Value>& confirming, const Value& seen,
                                     const Confirm& confirm, const std::optional<Time>& last_seen) {
    const bool was_pending = confirming.pending.has_value();
    auto fact = confirming.observe(seen, confirm, now, last_seen);
    has_changed = has_changed || was_pending || confirming.pending || fact;
    return fact;
  }
};

// For sentences: "a, b, c and 7 more".
std::string some_of(const std::vector<std::string>& ids);

}  // namespace modelvane
