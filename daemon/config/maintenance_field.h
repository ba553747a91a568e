// Reads the list `maintenance`.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"

namespace modelvane {

std::vector<MaintenanceWindow> read_maintenance(const Field& field, const Names& endpoint_names);

}  // namespace modelvane
