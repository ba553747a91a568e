// The outcome of a request -> what it says about the list. Pure.
#pragma once

#include <expected>

#include "daemon/core/poll.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// The body's owner when the server answered with success; otherwise why the poll failed. `now` is for Retry-After dates.
std::expected<const HttpReply*, PollFailure> successful_reply(const HttpResult& result, Time now);

}  // namespace modelvane
