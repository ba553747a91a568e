// `template` of a webhook: the user's JSON document, written as YAML, with {{placeholders}} in its
// texts. Compiled here into pieces, so that a placeholder that no event has is an error with a
// position and not an empty message months later.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

BodyTemplate read_template(const Field& field);

}  // namespace modelvane
