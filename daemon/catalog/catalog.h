// What a good poll said: the models in a normal form that no longer depends on the provider.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/id_list.h"
#include "daemon/catalog/reading.h"
#include "daemon/text/time.h"

namespace modelvane {

// An id that the list says points elsewhere. Several rows with one id and unlike targets
// (load-balanced gateways, rollouts) give all targets, sorted and joined by ",": order in the list
// means nothing.
struct AliasRow {
  std::string id;
  std::string target;
  Rule rule = Rule::Field;
  std::string evidence;  // the row as the provider sent it, compact JSON, at most kEvidenceBytesMax
  friend bool operator==(const AliasRow&, const AliasRow&) = default;
};

// When a model will go, as far as its row says.
struct Lifecycle {
  std::string id;
  std::optional<Time> retires_at;  // none: "deprecated", without a date
  std::string replacement;         // "" = none named
  std::string source{};            // "" = the list
  friend bool operator==(const Lifecycle&, const Lifecycle&) = default;
};

// The watched values of an alias's row, as compact JSON texts in the order of Reading::hints; "" =
// missing.
struct HintRow {
  std::string id;
  std::vector<std::string> values;
  friend bool operator==(const HintRow&, const HintRow&) = default;
};

// What the list's reader should know: a rule that finds nothing, a value that cannot be read.
struct CatalogNote {
  std::string rule;  // that finds nothing in any row; "" = it is about something else
  std::string sentence;
  friend bool operator==(const CatalogNote&, const CatalogNote&) = default;
};

struct Catalog {
  IdList ids;                     // every watched id
  std::vector<AliasRow> aliases;  // the ids that disclose a target, sorted by id, unique; need not
                                  // be in `ids` (rule reverse)
  // Ids known to be aliases (by name, or by a rule that asks about each) without a target in
  // `aliases`: sorted, unique.
  std::vector<std::string> undisclosed;
  // Aliases about which this poll did not ask (lookup and echo have intervals of their own), or
  // whose row said nothing that can be read: what is known of them stands.
  std::vector<std::string> unasked;  // sorted, unique
  // What the traffic says of aliases whose target the list tells: to be compared. Sorted by id.
  std::vector<AliasRow> traffic;
  std::vector<Lifecycle>
      lifecycles;  // rows that say something about their end, sorted by id, unique
  // Sources of ends that have not answered yet: what they said before stands.
  std::vector<std::string> silent_sources;
  // Models whose answer's headers were read in this poll: sorted, unique. Of others stands what
  // headers said.
  std::vector<std::string> answered;
  std::vector<HintRow> hints;      // sorted by id, unique
  std::size_t duplicate_rows = 0;  // rows whose id another row already had
  std::size_t skipped_rows = 0;    // rows without a usable string id
  std::vector<CatalogNote> notes;
  friend bool operator==(const Catalog&, const Catalog&) = default;

  bool has(std::string_view id) const { return ids.has(id); }
  bool is_unasked(const std::string& id) const;
  // Whether the id stands among the aliases: with a target, without one, or not asked about.
  bool names(const std::string& id) const;
  const AliasRow* find_alias(
      const std::string& id) const;  // borrowed from this catalog; nullptr when not disclosed
};

}  // namespace modelvane
