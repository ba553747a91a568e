// What is kept of a row's own text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/catalog/json_value.h"

namespace modelvane {

// FNV-1a: tells whether a large value changed, across restarts; nothing is protected by it.
std::uint64_t checksum(std::string_view text);

// A watched value as JSON; of a large one its length and checksum.
std::string hint_of(const JsonValue& value);

// The row as JSON; of one that no event should carry its id and target.
std::string evidence_of(std::string_view row, const std::string& id, const std::string& target);

// The names of the members of a row, as many as fit a sentence.
std::string members_of(std::string_view row);

}  // namespace modelvane
