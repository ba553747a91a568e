// Event <-> canonical JSON: CloudEvents 1.0 structured mode (docs/EVENTS.md). The
// text is what the store keeps and what is signed and sent, byte for byte the same on each attempt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "daemon/events/event.h"

namespace modelvane {

// `source`: CloudEvents source of this instance, e.g. "urn:modelvane:prod-a". Invalid UTF-8 is
// replaced, never thrown on.
std::string to_cloudevent(const Event& event, std::string_view source);

// Where in the text that to_cloudevent wrote the digits of the sequence stand: kSequenceDigits of
// them, so that a store can give the number when it writes the event. npos: it has none.
inline constexpr std::size_t kSequenceDigits = 20;
std::size_t place_of_sequence(std::string_view cloudevent);
// The same event with that number; everything else stays, byte for byte.
std::string with_sequence(std::string cloudevent, std::uint64_t sequence);

// Reads back what to_cloudevent wrote. The error is a sentence.
std::expected<Event, std::string> parse_cloudevent(std::string_view json);

// The same event without the provider's rows; as it is when it cannot be read.
std::string without_evidence(const std::string& cloudevent);

}  // namespace modelvane
