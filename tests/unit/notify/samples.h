// One event of each type as advance() makes it, and a webhook for each format: what the golden
// requests are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/events/event.h"
#include "daemon/notify/notify.h"
#include "daemon/store/store.h"

namespace modelvane::samples {

inline const std::string kSigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
SecretRef given(const std::string& value);

// When the sample events happened.
Time then();

// Made by the heart from a story of polls, so that its sentences are those that users read.
Event event_of(EventType type);
// Names that try to mention, link, format and break out, in every place that a provider fills.
Event hostile();
// `stored` numbers it and writes its JSON.
StoredEvent stored(Event event, std::uint64_t sequence = 42);

WebhookConfig webhook(std::string_view format);
NotifyContext context();

// Fails the test when there is no request.
// `only_to`: recipients of a mail; empty = all.
HttpRequest request_of(const WebhookConfig& webhook, const std::vector<StoredEvent>& events,
                       Time now, std::vector<std::string> only_to = {});
// The body's values, all texts joined by line breaks: what people could see of it.
std::string texts_of(const std::string& json);

}  // namespace modelvane::samples
