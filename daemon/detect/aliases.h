// The machine for alias.*: every alias is judged by one table: what was confirmed, what is pending,
// what this poll shows of it.
//  - alias.moved forms an unbroken chain per alias: `from` is always the `to` of the move before,
//  also across a time in which the
//    alias was gone or undisclosed.
//  - Values learnt by another rule say nothing about each other: the new one becomes the baseline.
//  - An alias about which this poll did not ask is left exactly as it is.
#pragma once

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// The baseline: everything as it is, silently.
void learn_aliases(Turn& turn, const Catalog& catalog);
void judge_aliases(Turn& turn, const Catalog& catalog);

}  // namespace modelvane
