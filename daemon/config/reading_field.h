// How to read a list: the keys `list`, `aliases`, `hints`, `alias_names`, `lifecycle` and `models`
// of an endpoint.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/catalog/reading.h"
#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// Those keys.
std::span<const std::string_view> reading_keys();

// All of them. Each overwrites what its key states and leaves the rest (a provider's preset) alone;
// rules may name URLs relative to the list's. `served_access` as for read_alias_rule().
void read_reading(const Fields& fields, const std::string& list_url, Reading& reading,
                  Access* served_access = nullptr, Access* endings_access = nullptr);

}  // namespace modelvane
