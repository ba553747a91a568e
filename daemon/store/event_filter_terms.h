// What an EventFilter means, for stores that ask in SQL.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace modelvane {

// The filters' bounds: one answer of an API, not the whole history.
inline constexpr std::size_t kRowsMin = 1;
inline constexpr std::size_t kRowsMax = 1000;

// The types that any glob matches as ",alias.moved,alias.settled,": a single value for whatever was
// asked.
std::string matching_types(const std::vector<std::string>& globs);

}  // namespace modelvane
