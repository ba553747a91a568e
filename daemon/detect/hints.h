// The machine for alias.hint: values on an alias's row that tend to change when the alias moves (a
// context length, a version), watched where the provider names no target, and besides one that it
// names. Confirmed like a move; a move takes them along.
#pragma once

#include <string>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// The first values of an alias are learnt silently.
void judge_hints(Turn& turn, const Catalog& catalog);
// The values that this poll shows become known: what has changed, for an event that is made anyway.
std::vector<HintChange> take_hints(const Watched& watched, AliasState& alias,
                                   const Catalog& catalog, const std::string& id);

}  // namespace modelvane
