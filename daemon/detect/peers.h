// The machine for alias.disagrees and alias.agrees: endpoints of one `compare` group (two keys,
// regions or gateways of one provider) that say different things of one alias. Of a rollout they do
// so for a while, so a difference must stay longer than one takes. Each group is judged at the
// polls of one of its endpoints, its first; what was told is part of that one's state.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/detect/turn.h"

namespace modelvane {

struct Peer {
  const std::string& endpoint;
  const EndpointState& state;
};

// What has become of the comparison by a good poll of the group's first endpoint at `now`. Targets
// that were learnt by different rules are not compared.
struct Compared {
  std::vector<Event> events;
  bool must_persist = false;
};
Compared judge_peers(EndpointState& state, const Watched& watched, const std::vector<Peer>& peers,
                     Time now);

}  // namespace modelvane
