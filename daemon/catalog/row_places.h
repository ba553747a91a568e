// Where rows stand in a document, and what in a row is its id.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/list_scan.h"

namespace modelvane {

// Of an object's members the keys may be the ids.
bool has_keys(std::span<const std::string> ids);

// By the first pointer of several that leads to a text; `slots` are theirs.
std::optional<std::string> id_in(const ScannedRow& row, std::span<const std::string> ids,
                                 std::span<const std::size_t> slots, std::string_view prefix);

// Has the row each of these texts at its pointer, or in the set there?
bool says(const ScannedRow& row, std::span<const std::pair<std::string, std::string>> where,
          std::span<const std::size_t> slots);

// "/data or the document itself"
std::string places_of(std::span<const std::string> items);
// "at /id or its place"
std::string ids_of(std::span<const std::string> ids);

}  // namespace modelvane
