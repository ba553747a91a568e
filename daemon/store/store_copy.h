// Everything of one store into another that is empty, between a folder and a shared database: what
// is known of endpoints, events with their numbers, ids and bytes, deliveries, pins, counts, the
// past. Nobody may work on either meanwhile.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <variant>

#include "daemon/store/postgres.h"

namespace modelvane {

// A storage folder, or a schema that `modelvane store migrate` has made.
using CopyPlace = std::variant<std::filesystem::path, PostgresPlace>;

struct CopyReport {
  std::size_t endpoints = 0;
  std::size_t events = 0;
  std::size_t deliveries = 0;
};

// The error says what stands in the way; a target that was begun is not empty any more.
std::expected<CopyReport, StoreError> copy_store(const CopyPlace& from, const CopyPlace& to,
                                                 Time now);

}  // namespace modelvane
