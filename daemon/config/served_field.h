// The rule `served`: where the user's own traffic is counted (catalog/served.h).
#pragma once

#include "daemon/catalog/reading.h"
#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// `access`: how its source is reached, by the keys that endpoints and webhooks have, too.
void read_served_rule(const Field& field, AliasRule& rule, Access& access);

}  // namespace modelvane
