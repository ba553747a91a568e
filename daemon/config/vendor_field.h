// What single vendors need beside the URL: the bot and chat of Telegram, the project of GitLab, and
// so on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// `webhook.format` and `webhook.access` were read already.
void read_vendor_keys(const Fields& fields, WebhookConfig& webhook);

// A sentence if it cannot be a token: it has blanks.
std::optional<std::string> token_problem(std::string_view value);

}  // namespace modelvane
