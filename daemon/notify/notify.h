// Stored events -> the request that carries them to one webhook, and the answer -> a verdict. Pure
// but for reading secrets: those are looked up at each call, so that a rotated file counts at the
// next attempt. Any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/events/delivery.h"
#include "daemon/notify/mask.h"
#include "daemon/store/store.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// A receiver's answer is read for its status and one sentence; of a longer one the rest is not
// read.
inline constexpr std::size_t kReplyBytesMax = 64 * 1024;

struct NotifyContext {
  std::string external_url;  // --web.external-url; may be empty: then messages have no links
  std::string instance;
  std::optional<Time> alert_ended{};   // of a state whose endpoint has left
  std::vector<std::string> only_to{};  // addresses of a mail; empty = all that are configured
  // Of those who read, and its name; null = UTC. Set for each webhook by its own.
  const TimeZone* zone = nullptr;
  std::string zone_name{};
};

// So many of `events`, from the first on, can be shown in one message of that format, at least one.
std::size_t events_that_fit(const WebhookConfig& webhook,
                            std::span<const StoredEvent* const> events,
                            const NotifyContext& context, Time now);

// `events`: oldest first, never empty; more than one only for formats that coalesce (format.h). The
// error is a sentence without a secret: one that cannot be read, or that is not fit for a request.
std::expected<HttpRequest, std::string> make_request(const WebhookConfig& webhook,
                                                     std::span<const StoredEvent* const> events,
                                                     const NotifyContext& context, Time now);

// All that decides where a request goes and whether it is let in: format, URL, credentials, access
// keys, with secrets as they are now. Not to be kept or shown, but for its hash.
std::string identity_of(const WebhookConfig& webhook);

// What the answer means for the delivery (docs/FORMATS.md, "Answers"): its status, and for
// receivers that say "no" with 200 its body. Redirects were not followed.
// What `mask` holds is taken out of whatever the answer repeats of it.
Verdict judge(const WebhookConfig& webhook, const HttpResult& result, const Mask& mask, Time now);

}  // namespace modelvane
