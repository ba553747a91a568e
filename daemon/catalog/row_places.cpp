#include "daemon/catalog/row_places.h"

#include <algorithm>

#include "daemon/catalog/model_id.h"

namespace modelvane {

bool has_keys(std::span<const std::string> ids) {
  return std::ranges::find(ids, "") != ids.end();
}

std::optional<std::string> id_in(const ScannedRow& row, std::span<const std::string> ids,
                                 std::span<const std::size_t> slots, std::string_view prefix) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& value = row.values[slots[i]];
    if (row.key && ids[i].empty()) return model_id(*row.key, prefix);
    if (value.is_text()) return model_id(value.text, prefix);
  }
  return std::nullopt;
}

bool says(const ScannedRow& row, std::span<const std::pair<std::string, std::string>> where,
          std::span<const std::size_t> slots) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& value = row.values[slots[i]];
    const auto& wanted = where[i].second;
    if (value.text != wanted && std::ranges::find(value.texts, wanted) == value.texts.end())
      return false;
  }
  return true;
}

std::string places_of(std::span<const std::string> items) {
  std::string places;
  for (const auto& pointer : items) {
    places.append(places.empty() ? "" : " or ")
        .append(pointer.empty() ? "the document itself" : pointer);
  }
  return places;
}

std::string ids_of(std::span<const std::string> ids) {
  std::string text;
  for (const auto& pointer : ids)
    text.append(text.empty() ? "at " : " or ").append(pointer.empty() ? "its place" : pointer);
  return text;
}

}  // namespace modelvane
