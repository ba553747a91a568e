// Bytes of a models list -> Catalog, or the reason why not. The bytes are hostile until proven otherwise: every bound below ends
// the reading with a sentence, never with a crash, and memory stays within a few rows beyond the result itself.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "daemon/core/catalog.h"
#include "daemon/core/reading.h"
#include "daemon/core/reason.h"

namespace modelvane {

// 20,000 models per list is PRODUCT's limit; the widest public list has about 700.
inline constexpr std::size_t kRowsMax = 20'000;
// Real lists nest five levels; nlohmann's dump and copy recurse, so depth must be bounded before either.
inline constexpr std::size_t kDepthMax = 32;
// The longest public id has 90 bytes. Longer ones would only make labels and pages unreadable: the row is skipped.
inline constexpr std::size_t kIdBytesMax = 512;
// Values in one row. OpenRouter's rows have about 120.
inline constexpr std::size_t kRowValuesMax = 10'000;
// A row kept as evidence in events; receivers advise bodies below 20 kB. A larger row is cut down to its id and target.
inline constexpr std::size_t kEvidenceBytesMax = 4'096;

struct ReadError {
  Reason reason;         // NotJson, BadShape, Empty or TooLarge
  std::string sentence;  // printable ASCII or valid UTF-8, at most a few hundred bytes, quotes no secret
};

std::expected<Catalog, ReadError> read_catalog(std::string_view body, const Reading& reading);

}  // namespace modelvane
