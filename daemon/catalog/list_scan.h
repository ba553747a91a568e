// One pass over a JSON document: it finds the array of rows, and of each row keeps only what stands
// at wanted pointers. Nothing else is ever built, however deep or large, so a hostile body costs
// one row's wanted values at a time. What a sink is given borrows from the body.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/json_value.h"
#include "daemon/catalog/read_error.h"

namespace modelvane {

// Wanted pointers by their common beginnings. Each has a slot, the index of its value. A pointer
// with further steps than names (json_path.h) has its value picked out of what stands at its
// beginning.
class PointerTree {
 public:
  using Node = int;
  static constexpr Node kNone = -1;
  static constexpr Node kRoot = 0;

  // The same pointer has the same slot.
  std::size_t add(const std::string& pointer);
  std::size_t size() const { return size_; }
  Node child(Node node, std::string_view token) const;
  Node element(Node node, std::size_t index) const;
  // Calls `use` with the slot of every pointer that goes on from here.
  template <typename Use>
  void each_slot_below(Node node, const Use& use) const {
    if (node == kNone) return;
    for (const auto& [name, next] : nodes_[static_cast<std::size_t>(node)].children) {
      if (const int slot = this->slot(next); slot >= 0) use(static_cast<std::size_t>(slot));
      each_slot_below(next, use);
    }
  }
  // A longer pointer leads through here.
  bool goes_on(Node node) const { return !nodes_[static_cast<std::size_t>(node)].children.empty(); }
  struct Picked {
    std::size_t slot;
    std::size_t source;  // slot of the value that `steps` lead on from
    std::vector<PathStep> steps;
  };
  const std::vector<Picked>& picked() const { return picked_; }
  // -1 = nothing is wanted here
  int slot(Node node) const {
    return node == kNone ? -1 : nodes_[static_cast<std::size_t>(node)].slot;
  }

 private:
  struct Branch {
    std::vector<std::pair<std::string, Node>> children;
    int slot = -1;
  };
  std::size_t add_picked(std::size_t source, std::vector<PathStep> steps);

  std::vector<Branch> nodes_{Branch{}};
  std::vector<Picked> picked_;
  std::size_t size_ = 0;
};

struct ListPlan {
  // Where the rows may be, best first: an array, or an object, whose members are then the rows. ""
  // takes an object only where it stands alone, as its only row, or with `has_keys` as rows.
  std::vector<std::string> items;
  bool has_keys = false;  // in an object, a member's name is its row's id
  PointerTree document;   // wanted outside the rows
  PointerTree row;        // wanted in each row
  std::size_t rows_max = 0;
};

struct ScannedRow {
  std::span<const JsonValue> values;  // by slot of ListPlan::row
  std::string_view raw;
  std::optional<std::string_view> key;  // of a member of an object
};

class RowSink {
 public:
  virtual ~RowSink() = default;
  // A better place of the rows than before: what came so far does not count.
  virtual void begin() = 0;
  virtual std::expected<void, ReadError> add(const ScannedRow& row) = 0;
};

// The values of ListPlan::document by slot.
std::expected<std::vector<JsonValue>, ReadError> scan_list(std::string_view body,
                                                           const ListPlan& plan, RowSink& sink);

// How many levels valid JSON text nests.
std::size_t depth_of(std::string_view json);

// JSON text without the white space between its parts.
std::string compact(std::string_view json);

}  // namespace modelvane
