// The JSON Schema of an event as it is sent and stored.
#pragma once

#include <string>
#include <string_view>

namespace modelvane {

// Cut out of the API's description, where it is written once: the schema `Event`, and what it
// refers to. That of `data` is a schema of its own, under the name that events call their
// `dataschema`.
std::string event_schema(std::string_view openapi);

}  // namespace modelvane
