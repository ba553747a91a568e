// A stored event -> the request that carries it to one webhook, and the answer -> a verdict. Pure but for reading secrets: those
// are looked up at each call, so that a rotated file counts at the next attempt. Any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "daemon/config/config.h"
#include "daemon/core/delivery.h"
#include "daemon/store/store.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// A receiver's answer is read for its status and one sentence; whoever sends more than this is no webhook receiver.
inline constexpr std::size_t kReplyBytesMax = 64 * 1024;

// The error is a sentence without a secret: one that cannot be read, or that is not fit for a request.
std::expected<HttpRequest, std::string> make_request(const WebhookConfig& webhook, const StoredEvent& event, Time now);

// What the answer means for the delivery (docs/FORMATS.md, "Answers"). Redirects were not followed.
Verdict judge(const HttpResult& result, Time now);

}  // namespace modelvane
