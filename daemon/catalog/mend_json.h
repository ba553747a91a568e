// JSON that most programs write and read although it is not valid everywhere: half of a surrogate
// pair, bytes that are no UTF-8, control characters in texts, NaN and numbers beyond all bounds. A
// value that nobody asked for must not make a whole list unreadable.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

struct MendedJson {
  std::string text;                 // as long as the original
  std::vector<std::size_t> broken;  // where it differs, ascending
  // Something between the two places was broken.
  bool has_broken(std::size_t begin, std::size_t end) const;
};

// nullopt: nothing of the kind is in it.
std::optional<MendedJson> mend_json(std::string_view body);

}  // namespace modelvane
