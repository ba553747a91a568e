// What is said about an alias's change once it is a fact: each function makes one event from the
// state before, the difference that was confirmed, and the state now.
#pragma once

#include <string>

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

struct AliasChange {
  std::string id;
  Fact<Sighting> fact;
  std::string evidence_before;  // the row that showed the target before
};

// appeared, vanished, disclosed, undisclosed: what became of the alias itself.
void announce_visibility(Turn& turn, const AliasChange& change, const AliasState& now);
// Also remembers the move.
void announce_move(Turn& turn, const AliasChange& change, AliasState& now, const Catalog& catalog);
void announce_settled(Turn& turn, const AliasChange& change, const AliasState& now);
// The decision and its event in one: an alias whose targets alternate.
void become_unstable(Turn& turn, const std::string& id, AliasState& alias);

}  // namespace modelvane
