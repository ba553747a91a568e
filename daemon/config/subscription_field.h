// Which events a webhook wants, and whom its messages call.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/field.h"

namespace modelvane {

// The keys that read_subscription() understands, but for `mentions`, which not all formats have.
std::span<const std::string_view> subscription_keys();

void read_subscription(const Fields& fields, const Names& endpoint_names, WebhookConfig& webhook);

}  // namespace modelvane
