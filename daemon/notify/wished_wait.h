// When a receiver wants to be asked again, in each of the forms in which they say so: in a header
// or in the body of a refusal. Pure.
#pragma once

#include <optional>

#include "daemon/text/time.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// Whether the answer is a limiter's, whatever its status: it names a time, in a header or in the
// body, or says that nothing is left.
bool is_rate_limited(const HttpReply& reply);

// Retry-After, also in milliseconds; else when the limit of which nothing is left begins anew
// (x-ratelimit-reset and its kin: GitHub, Discord, the IETF's draft); else the `retry_after` of the
// body's JSON (Discord; in `parameters` Telegram). At most a day; none: it did not say.
std::optional<Duration> wished_wait(const HttpReply& reply, Time now);

// The time at that JSON pointer of the body, in any of the forms of Retry-After.
std::optional<Duration> wait_at(const std::string& pointer, const HttpReply& reply, Time now);

}  // namespace modelvane
