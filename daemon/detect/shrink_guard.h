// The guard at the door: a list that has lost a large share of its ids at once is quarantined. The
// server has answered, but nothing of the list is believed until it comes back, or has stayed so
// for policy's hold.
#pragma once

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

bool believes(Turn& turn, const Catalog& catalog);

}  // namespace modelvane
