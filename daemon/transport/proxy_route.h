// Which proxy one request takes. Decided here and told to libcurl in so many words, for two
// reasons: the name that has to be resolved is then known beforehand, and no environment variable
// takes part unless the configuration says so. Pure functions but for getenv.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/transport/transport.h"

namespace modelvane {

// The proxy's URL, or "" for a direct connection. An explicit URL goes before the environment. From
// there come http_proxy (only in lower case: in a CGI program the upper-case one is under a
// client's control), https_proxy, all_proxy and no_proxy.
std::string choose_proxy(const ProxyOptions& options, std::string_view scheme,
                         std::string_view host, std::uint16_t port);

// Does a no_proxy list name this host? Entries are separated by commas or spaces: "*", a name (its
// subdomains are meant too), an address, a block like 10.0.0.0/8; each may end in :port.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port);

}  // namespace modelvane
