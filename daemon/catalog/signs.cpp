#include "daemon/catalog/signs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::json;

bool has(const Json& row, const Sign& sign) {
  const Json::json_pointer pointer{sign.pointer};
  if (!row.contains(pointer)) return false;
  const auto& value = row.at(pointer);
  return !value.is_null() && (sign.text.empty() || value == sign.text);
}

// nullptr: the document has no rows there.
const Json* rows_at(const Json& document, const std::vector<std::string>& places) {
  for (const auto& place : places) {
    const Json::json_pointer pointer{place};
    if (document.contains(pointer) && document.at(pointer).is_array()) return &document.at(pointer);
  }
  return nullptr;
}

bool fits(const Json& document, const SignedShape& shape) {
  if (shape.signs.empty()) return true;
  const auto* rows = rows_at(document, shape.places);
  if (rows == nullptr) return false;
  const auto count = std::ranges::count_if(*rows, [&](const Json& row) {
    return std::ranges::all_of(shape.signs, [&](const Sign& sign) { return has(row, sign); });
  });
  return 2 * static_cast<std::size_t>(count) > rows->size();
}

}  // namespace

std::vector<bool> fitting(std::string_view body, const std::vector<SignedShape>& shapes) {
  const auto document = Json::parse(body, nullptr, false);
  std::vector<bool> all;
  for (const auto& shape : shapes) all.push_back(fits(document, shape));
  return all;
}

}  // namespace modelvane
