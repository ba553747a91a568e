// Pointers (RFC 6901) with two further steps: `*` is every item of an array or member of an object,
// `[key=value]` the first item whose member `key` is `value`. A literal "*" or "[" is written ~2 or
// ~3.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/json_value.h"

namespace modelvane {

struct PathStep {
  enum class Kind { Member, Every, Where };
  Kind kind = Kind::Member;
  std::string name;   // Member, Where
  std::string value;  // Where
  friend bool operator==(const PathStep&, const PathStep&) = default;
};

std::vector<PathStep> steps_of(std::string_view pointer);

// What stands at the end of `steps` in the JSON text `json`. With `*` among them it is an Array of
// all that they lead to; its raw text, kept in `storage` as that of every other value, is then
// sorted: the order of a set means nothing.
JsonValue pick(std::string_view json, std::span<const PathStep> steps, std::string& storage);

}  // namespace modelvane
