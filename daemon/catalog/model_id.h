// What may be a model's id or an alias's target.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

// The longest public id has 90 bytes. Longer ones would only make labels and pages unreadable.
inline constexpr std::size_t kIdBytesMax = 512;

// The text without `prefix`, or nullopt when that is empty, too long or has control characters.
std::optional<std::string> model_id(std::string_view text, std::string_view prefix = {});

}  // namespace modelvane
