// The keys that say how to reach a URL; endpoints and webhooks have the same ones.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

std::span<const std::string_view> access_keys();

// Where the map has another `query`, keys of the URL's query cannot be set.
enum class QueryKeys { May, None };

// `reserved_headers`, in lower case: headers that modelvane sets itself.
Access read_access(const Fields& fields, std::span<const std::string_view> reserved_headers,
                   QueryKeys query_keys = QueryKeys::May);

}  // namespace modelvane
