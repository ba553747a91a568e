// The machine for model.added and model.removed. The last believed list is kept, and besides it
// only the ids whose presence there is not confirmed yet: a list that shows the same ids as before
// costs one comparison. An id that is an alias raises alias.* events, and none of these; so does a
// model that becomes an alias.
#pragma once

#include <memory>

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// Compares with the list before, which turn.state.ids still holds. Before judge_aliases(): an alias
// that goes is still known.
void compare_models(Turn& turn, const Catalog& catalog);
// The ids are believed to have left: their removal waits for its confirmation from now on, but they
// were last seen before the doubt began.
void await_removals(Turn& turn, const Quarantine& held);
// Counts this poll for what is pending. After judge_aliases(): the events name the aliases that
// point to the model now.
void judge_models(Turn& turn, const Catalog& catalog);

}  // namespace modelvane
