// `format` of a webhook and the keys that only some formats have: required where needed, refused
// where they would do nothing.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// The keys that read_format() understands.
std::span<const std::string_view> format_keys();

// Fills in what depends on the format: its defaults, its own keys, its signature, and the URL of
// services that have one of their own. `webhook.access` was read already.
void read_format(const Fields& fields, WebhookConfig& webhook);

// Whether `urls` may stand in for `url`.
bool takes_several_urls(const WebhookConfig& webhook);

}  // namespace modelvane
