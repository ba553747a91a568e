// One entry of `webhooks`.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"

namespace modelvane {

// `endpoint_names`: what the globs of `endpoints` may match.
WebhookConfig read_webhook(const Field& field, const Names& endpoint_names, Names& webhook_names);

}  // namespace modelvane
