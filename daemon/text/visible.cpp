#include "daemon/text/visible.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode's Default_Ignorable_Code_Point, and the separators of lines and paragraphs.
constexpr std::array kUnseen{
    Range{0xAD, 0xAD},     Range{0x34F, 0x34F},   Range{0x61C, 0x61C},     Range{0x115F, 0x1160},
    Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F}, Range{0x200B, 0x200F},   Range{0x2028, 0x202E},
    Range{0x2060, 0x206F}, Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F},   Range{0xFEFF, 0xFEFF},
    Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFB}, Range{0x1D173, 0x1D17A}, Range{0xE0000, 0xE0FFF},
};

}  // namespace

bool is_unseen(std::uint32_t code_point) {
  return std::ranges::any_of(kUnseen, [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

std::string visible(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto [code_point, bytes] = first_character(text);
    if (bytes > 1 && is_unseen(code_point)) {
      fmt::format_to(std::back_inserter(shown), "<U+{:04X}>", code_point);
    } else {
      shown += text.substr(0, std::max<std::size_t>(bytes, 1));
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return shown;
}

}  // namespace modelvane
