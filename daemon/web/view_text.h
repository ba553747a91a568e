// What one replica shows of an endpoint, as a text for the others: they show it as it was, with its
// age. Any version of the text can be read: unknown keys are ignored, missing ones mean nothing is
// known. Left out is what only the owner tells: histograms, counts of events, single polls. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/engine/snapshot.h"

namespace modelvane {

std::string to_view_text(const EndpointView& view);
// None: no text of an endpoint.
std::optional<EndpointView> read_view_text(std::string_view text);

}  // namespace modelvane
