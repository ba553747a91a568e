// How to read a list: the keys `list`, `aliases`, `hints`, `alias_names`, `lifecycle` and `models` of an endpoint.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/field.h"
#include "daemon/core/reading.h"

namespace modelvane {

// Each overwrites what the key states and leaves the rest (a provider's preset) alone.
void read_list(const Field& field, ListShape& shape);
// Rules may name URLs relative to the list's.
void read_aliases(const Field& field, const std::string& list_url, std::vector<AliasRule>& rules);
void read_hints(const Field& field, std::vector<std::string>& hints);
void read_alias_names(const Field& field, AliasNames& names);
void read_lifecycle(const Field& field, LifecycleFields& lifecycle);
void read_models(const Field& field, IdFilter& filter);

}  // namespace modelvane
