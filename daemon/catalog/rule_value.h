// What the values that a field rule wants say on one row: the targets that it names, and whether
// the rule has found anything to read at all.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

// The target in `text`, by the rule's `match` and both prefixes; nullopt: it names none.
std::optional<std::string> target_in(const AliasRule& rule, std::string_view text,
                                     std::string_view list_prefix);

class RuleValue {
 public:
  // Adds what it wants of each row to `row`. Borrows the rule.
  RuleValue(const AliasRule& rule, PointerTree& row);

  // Sorted, unique, and no more than one beyond kTargetsMax.
  std::vector<std::string> targets(std::span<const JsonValue> values,
                                   std::string_view list_prefix) const;
  // One of the values cannot be read.
  bool is_broken(std::span<const JsonValue> values) const;
  const std::vector<std::size_t>& slots() const { return slots_; }

 private:
  bool has_text(const JsonValue& value) const;
  std::vector<std::string> texts(const JsonValue& value) const;

  const AliasRule* rule_;
  std::vector<std::size_t> slots_;  // of the pointer, or of those of `join`
};

// Counts in how many rows a pointer finds a value of a kind that it can use.
class PointerUse {
 public:
  enum class Wants { Texts, TextsOrNumbers, Array, Date, Flag, Anything };
  // `what` is how the configuration speaks of it: "field /ref_model".
  PointerUse(std::string what, std::size_t slot, Wants wants)
      : what_(std::move(what)), slot_(slot), wants_(wants) {}

  void see(std::span<const JsonValue> values);
  const std::string& what() const { return what_; }
  // "" = it has found something. `members` are those of a row, for comparison.
  std::string problem(std::size_t rows, const std::string& members) const;

 private:
  static constexpr std::size_t kExampleBytesMax = 40;

  bool fits(const JsonValue& value) const;

  std::string what_;
  std::size_t slot_;
  Wants wants_;
  bool is_found_ = false;
  JsonValue::Kind other_ = JsonValue::Kind::Missing;  // what stands there instead
  std::string example_;                               // of it, if it is a text
};

}  // namespace modelvane
