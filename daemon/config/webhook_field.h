// One entry of `webhooks`.
#pragma once

#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"

namespace modelvane {

// `endpoint_names`: what the globs of `endpoints` may match. One webhook, or, with `urls`, one for
// each member of a cluster, named
// "<name>/1" and so on.
std::vector<WebhookConfig> read_webhook(const Field& field, const Names& endpoint_names,
                                        Names& webhook_names);

}  // namespace modelvane
