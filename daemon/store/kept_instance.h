// The name of an installation that its configuration does not name: made once and kept with what it
// has told, since the host's name is another one after each start of a container.
#pragma once

#include <string>

#include "daemon/store/sqlite.h"

namespace modelvane {

// That of the source of the newest event; without events one that was made before, or is made now.
// After a failure of the database "".
std::string kept_instance(Database& database);

}  // namespace modelvane
