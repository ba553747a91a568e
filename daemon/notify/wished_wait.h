// When a receiver wants to be asked again, in each of the forms in which they say so: in a header
// or in the body of a refusal. Pure.
#pragma once

#include <optional>

#include "daemon/text/time.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// Whether the answer is a limiter's, whatever its status: it names a time, or that nothing is left.
bool is_rate_limited(const HttpReply& reply);

// Retry-After; else when the limit of which nothing is left begins anew (x-ratelimit-reset and its
// kin: GitHub, Discord, the IETF's draft); else the `retry_after` of a 429's body (Discord; in
// `parameters` Telegram). None: it did not say.
std::optional<Duration> wished_wait(const HttpReply& reply, Time now);

// The number of seconds, or the text of one, at that JSON pointer of the body.
std::optional<Duration> wait_at(const std::string& pointer, const HttpReply& reply);

}  // namespace modelvane
