// Whose list is it? What most rows of one provider's lists have, and hardly any others'. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

struct Sign {
  std::string pointer;  // from a row
  std::string text;     // that stands there; "" = anything but null
};

// The signs of one provider, and where its lists keep their rows (pointers, the first that fits).
struct SignedShape {
  std::vector<std::string> places;
  std::vector<Sign> signs;
};

// For each shape: has it no signs, or do more than half of the rows have all of them? A body that
// is no JSON has none.
std::vector<bool> fitting(std::string_view body, const std::vector<SignedShape>& shapes);

}  // namespace modelvane
