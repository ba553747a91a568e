// Is a request meant for this server by the name that it was called by? Pure but for the machine's
// name. Without passwords, a page anywhere can point its own name at this machine (DNS rebinding)
// and make its visitors' browsers act here as if it were this server's page. It cannot choose what
// Host says: an address, or a name that this server is known by, is none of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

// The machine's, long and short; what `external_host` ("vane.example.com:8443", may be empty) and
// --web.allowed-host say. Without ports.
std::vector<std::string> own_names(std::string_view external_host,
                                   const std::vector<std::string>& allowed);

// `host`: the header's value. Any address, localhost and `names` are own ones.
bool is_own(std::string_view host, const std::vector<std::string>& names);

}  // namespace modelvane
