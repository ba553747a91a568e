// Where the daemon keeps what it knows: `storage`, and `cluster` where several daemons share it.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

void read_storage(const Field& field, Config& config);
void read_cluster(const Field& field, Config& config);
// What each asks of the rest of the file; once all of it is read.
void check_sharing(const Fields& fields, const Config& config);

}  // namespace modelvane
