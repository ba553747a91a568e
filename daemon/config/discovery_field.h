// `service_discovery`.
#pragma once

#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

std::vector<DiscoverySource> read_discovery(const Field& field, const EndpointConfig& defaults);

}  // namespace modelvane
