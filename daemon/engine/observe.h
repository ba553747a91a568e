// The outcome of a request -> what it says about the list, and how long to leave the server in
// peace. Pure.
#pragma once

#include <expected>
#include <string_view>

#include "daemon/catalog/read_error.h"
#include "daemon/detect/observation.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// The body's owner when the server answered with success; otherwise why the poll failed. `now` is
// for Retry-After dates.
std::expected<const HttpReply*, PollFailure> successful_reply(const HttpResult& result, Time now);

// A reply's headers, as readers of catalogs ask for them; borrows the reply.
inline auto headers_of(const HttpReply& reply) {
  return [&reply](std::string_view name) { return reply.header(name); };
}

// A provider that asks for air gets it, but not for ever.
inline constexpr Duration kRetryAfterMax = std::chrono::hours{1};
// Outages and refused keys are polled at the usual pace so often, so that endpoint.down is as
// prompt as configured.
inline constexpr int kPromptRefusals = 3;
// An endpoint whose interval is short is polled at least so often all the same: recovery is seen
// within this time.
inline constexpr Duration kLongestPause = std::chrono::minutes{5};

// An outage is watched closely, whatever Retry-After its pages carry (a maintenance page says an
// hour whatever happens): its end shall be seen within a minute.
inline constexpr int kIntervalsAfterOutage = 5;
inline constexpr Duration kDistanceAfterOutage = std::chrono::seconds{60};

// Of an answer of success in which no list could be read: some gateways put their refusals there
// ({"msg": "token expired", "data": null}).
PollFailure no_list(const HttpReply& reply, ReadError error, Time now);

// The longest time from one poll to the next that a server may ask for.
Duration longest_distance(Reason reason, Duration interval);

// The least time until the next poll after so many refusals in a row (1 = the first): none while
// refusals are prompt, then the interval, twice the interval, … up to the larger of kLongestPause
// and the interval. A request for fewer requests is honoured from the first on.
Duration pause_after(const PollFailure& failure, int refusals_in_row, Duration interval);

}  // namespace modelvane
