// What a good poll said: the models in a normal form that no longer depends on the provider.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/reading.h"

namespace modelvane {

// An id that the list says points elsewhere. Several rows with one id and unlike targets (load-balanced gateways, rollouts) give
// all targets, sorted and joined by ",": order in the list means nothing.
struct AliasRow {
  std::string id;
  std::string target;
  Rule rule = Rule::Field;
  std::string evidence;  // the row as the provider sent it, compact JSON, at most kEvidenceBytesMax
  friend bool operator==(const AliasRow&, const AliasRow&) = default;
};

struct Catalog {
  std::vector<std::string> ids;    // every watched id, sorted, unique
  std::vector<AliasRow> aliases;   // the rows that disclose a target, sorted by id, unique
  std::size_t duplicate_rows = 0;  // rows whose id another row already had
  std::size_t skipped_rows = 0;    // rows without a usable string id
  friend bool operator==(const Catalog&, const Catalog&) = default;

  bool has(const std::string& id) const;
  const AliasRow* find_alias(const std::string& id) const;  // borrowed from this catalog; nullptr when not disclosed
};

}  // namespace modelvane
