// The limit of file descriptors.
#pragma once

#include <cstddef>

namespace modelvane {

// Raises the soft limit to the hard one and returns what holds from then on. The usual soft limit
// of 1,024 is there for programs that use select(2); this one does not.
std::size_t raise_descriptor_limit();

}  // namespace modelvane
