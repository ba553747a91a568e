// Values of the API that may not be there, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "daemon/text/time.h"

namespace modelvane {

nlohmann::ordered_json text_or_null(const std::string& text);
nlohmann::ordered_json time_or_null(const std::optional<Time>& time);

}  // namespace modelvane
