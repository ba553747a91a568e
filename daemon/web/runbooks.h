// /runbooks/NAME: what to do about an alert, as docs/runbooks/ says. Embedded in the binary, so
// that an alert's link opens what fits the version that raised it. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/http/reply.h"

namespace modelvane {

// The runbook at a path such as "/runbooks/ModelvaneDown"; nullopt when there is none.
std::optional<Reply> runbook(std::string_view path);

}  // namespace modelvane
