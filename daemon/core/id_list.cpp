#include "daemon/core/id_list.h"

#include <algorithm>

namespace modelvane {

const std::vector<std::string>& IdList::all() const {
  static const std::vector<std::string> kNone;
  return ids_ ? *ids_ : kNone;
}

bool IdList::has(const std::string& id) const {
  return std::binary_search(all().begin(), all().end(), id);
}

}  // namespace modelvane
