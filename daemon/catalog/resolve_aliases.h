// All that the rows of a list say about aliases -> one target for each. Pure; the order of the rows
// means nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

// One row says by one rule that `alias` points to `target`. Where both are the same, it says of
// itself that it is no alias: by that rule, no other row's word makes it one.
struct Statement {
  std::string alias;
  std::string target;
  std::size_t rule = 0;      // index into the rules
  std::size_t evidence = 0;  // handed back to the caller, to fetch the row's text
};

struct ResolvedAlias {
  std::string id;
  std::string target;  // "" = more than kTargetsMax of them: nothing that could be shown
  Rule rule = Rule::Field;
  std::size_t rule_index = 0;
  std::size_t evidence = 0;  // the smallest of the statements that decided
};

// Sorted by id. For each alias the first rule with a statement decides; what it says on several
// rows is a set.
std::vector<ResolvedAlias> resolve_aliases(std::vector<Statement> statements,
                                           const std::vector<AliasRule>& rules);

}  // namespace modelvane
