#include "daemon/web/or_null.h"

#include <nlohmann/json.hpp>

namespace modelvane {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json time_or_null(const std::optional<Time>& time) {
  return time ? ordered_json(to_rfc3339(*time)) : ordered_json(nullptr);
}

}  // namespace modelvane
