// The machine that holds a provider's word against the user's own traffic: alias.disagrees and
// alias.agrees `between` served. Of a rollout both differ for a while, so a difference must stay
// longer than one takes.
#pragma once

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// After judge_aliases(). An alias of which the traffic says nothing is left as it is.
void judge_served(Turn& turn, const Catalog& catalog);

}  // namespace modelvane
