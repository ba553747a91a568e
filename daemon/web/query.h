// The query of a request, read strictly: an unknown or malformed parameter is an error that names what is allowed, since a filter
// that is silently ignored shows too much.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/time.h"
#include "daemon/web/reply.h"

namespace modelvane {

// Names and values are decoded; a name may come several times.
using Query = std::multimap<std::string, std::string>;

// The answer to give when a parameter is none of `allowed`.
std::optional<Reply> refuse_unknown(const Query& query, std::span<const std::string_view> allowed);

// The value of a parameter that may be given once; "" when it is not there. The error is the answer to give.
std::expected<std::string, Reply> single(const Query& query, const std::string& name);
std::expected<std::optional<Time>, Reply> time_of(const Query& query, const std::string& name);

}  // namespace modelvane
