// The guard at the door: what of a list is believed. Ids that leave together, a large share of the
// list at once, are more often a fault of the server than the truth: half a fleet that has not
// started, a page that was lost. So their leaving is doubted until they come back, or until
// policy's `hold` has passed. Whatever the list says of the ids that it still has is believed at
// once.
#pragma once

#include <memory>

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// The list as it is believed: the very same while nothing is doubted; else one that still has the
// doubted ids, and leaves what is known of them as it is. Says what has become of the doubt.
std::shared_ptr<const Catalog> believed(Turn& turn, std::shared_ptr<const Catalog> catalog);

}  // namespace modelvane
