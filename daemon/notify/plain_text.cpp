#include "daemon/notify/plain_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

// Takes one character off the front; of bytes that are not UTF-8, one byte.
std::uint32_t take_character(std::string_view& text) {
  const auto [code_point, bytes] = first_character(text);
  text.remove_prefix(std::max<std::size_t>(bytes, 1));
  return bytes == 0 ? kInvalid : code_point;
}

bool is_blank(std::uint32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x3000;
}

bool is_unfit(std::uint32_t c) {
  return c == kInvalid || c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t characters_max) {
  std::string plain;
  std::size_t count = 0;
  std::size_t cut = 0;  // up to where there is room for "…" behind
  bool is_after_blank = false;
  const auto add = [&](std::string_view character) {
    plain += character;
    if (++count < characters_max) cut = plain.size();
  };
  while (!text.empty() && count <= characters_max) {
    const auto before = text;
    const auto c = take_character(text);
    if (is_blank(c)) {
      is_after_blank = true;
      continue;
    }
    // Blanks at either end are no text: one counts only between characters.
    if (std::exchange(is_after_blank, false) && !plain.empty()) add(" ");
    add(is_unfit(c) ? "?" : before.substr(0, before.size() - text.size()));
  }
  if (count <= characters_max) return plain;
  plain.resize(cut);
  return characters_max == 0 ? "" : plain + "…";
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

}  // namespace modelvane
