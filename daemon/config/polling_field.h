// The keys that stand in `defaults` and on each endpoint alike: how often to poll, how long to
// wait, when to believe.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

std::span<const std::string_view> polling_keys();

// Overwrites in `endpoint` what `fields` state; everything else stays as inherited. A stated
// timeout or recheck that is longer than the interval is an error.
void read_polling(const Fields& fields, EndpointConfig& endpoint);

// An inherited timeout or recheck that is longer than the endpoint's own interval becomes the
// interval: whoever asks for `interval: 5s` need not repeat the others.
void fit_to_interval(EndpointConfig& endpoint);

}  // namespace modelvane
