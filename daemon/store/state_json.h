// EndpointState <-> the JSON text that the store keeps. The text has a version; keys that this
// program does not know are ignored, keys that are missing mean the default, a value of a wrong
// type is an error. Times are whole microseconds, so that what is read is exactly what was written.
// Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "daemon/detect/advance.h"

namespace modelvane {

std::string to_json(const EndpointState& state);

// The error is a sentence.
std::expected<EndpointState, std::string> parse_state(std::string_view json);

}  // namespace modelvane
