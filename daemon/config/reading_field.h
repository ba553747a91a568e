// How to read a list: the keys `list`, `aliases` and `models` of an endpoint.
#pragma once

#include "daemon/config/field.h"
#include "daemon/core/reading.h"

namespace modelvane {

// Each overwrites what the key states and leaves the rest (a provider's preset) alone.
void read_list(const Field& field, ListShape& shape);
void read_aliases(const Field& field, std::vector<AliasRule>& rules);
void read_models(const Field& field, IdFilter& filter);

}  // namespace modelvane
