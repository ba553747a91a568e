// Puts the configured credentials, headers, query, TLS and proxy settings on a request, with
// secrets as they are at this moment.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/transport/transport.h"
#include "version.h"

namespace modelvane {

inline constexpr const char* kUserAgent = "modelvane/" MODELVANE_VERSION;

// The URL must be there already: it gets the query. The error says which secret could not be read,
// never its value; `request` is then to be thrown away.
std::expected<void, std::string> apply(const Access& access, HttpRequest& request);

// Every secret of it; one need not be set.
std::vector<const SecretRef*> secrets_of(const Access& access);

}  // namespace modelvane
