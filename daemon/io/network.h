// What the kernel says of this machine's network.
#pragma once

namespace modelvane {

// Whether an interface other than the loopback is up and has an address beyond its own link. True
// where the kernel cannot be asked.
bool has_network();

}  // namespace modelvane
