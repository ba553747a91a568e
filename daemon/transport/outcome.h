// libcurl's verdicts in the words of the product: reply or failure, the phases, and a sentence that
// a person understands. Sentences name the host and the port, never a URL, a header or a
// credential.
#pragma once

#include "daemon/transport/exchange.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// The end of an exchange whose handle has finished with that CURLcode; CURLE_OPERATION_TIMEDOUT is
// also the end at the deadline, wherever the exchange stands. Moves the reply out of the exchange.
HttpResult conclude(Exchange& exchange, int curl_code, SteadyTime now);
// The transfer ended before anything could be sent, for want of a connection.
bool was_not_connected(const Exchange& exchange, int curl_code);
// The end of an exchange that never got to libcurl.
HttpFailure not_started(const Exchange& exchange, Reason reason, std::string sentence,
                        SteadyTime now);

}  // namespace modelvane
