#include "daemon/catalog/catalog.h"

#include <algorithm>

namespace modelvane {

bool Catalog::is_unasked(const std::string& id) const {
  return std::binary_search(unasked.begin(), unasked.end(), id);
}

bool Catalog::names(const std::string& id) const {
  return find_alias(id) || std::binary_search(undisclosed.begin(), undisclosed.end(), id) ||
         is_unasked(id);
}

const AliasRow* Catalog::find_alias(const std::string& id) const {
  const auto found =
      std::lower_bound(aliases.begin(), aliases.end(), id,
                       [](const AliasRow& row, const std::string& key) { return row.id < key; });
  return found != aliases.end() && found->id == id ? &*found : nullptr;
}

}  // namespace modelvane
