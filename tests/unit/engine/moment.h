// When the tests of the engine happen.
#pragma once

#include "daemon/text/time.h"

namespace modelvane {

inline const Time kNow = *parse_rfc3339("2026-11-22T10:00:00Z");

}  // namespace modelvane
