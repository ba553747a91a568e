// UTF-8 as RFC 3629 has it: overlong forms, surrogates and what lies beyond U+10FFFF are none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace modelvane {

struct Utf8Character {
  std::uint32_t code_point = 0;
  std::size_t bytes = 0;  // 1 to 4; 0 = not UTF-8: skip one byte
};

// Whether the byte goes on with a character that another one began.
constexpr bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The character at the front of `text`, which is not empty.
constexpr Utf8Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code_point = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues_character(text[i])) return {};
    code_point = code_point << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[bytes] || code_point > 0x10FFFF || is_surrogate) return {};
  return {code_point, bytes};
}

// The front of `text`, at most `bytes_max` long, that splits no character.
constexpr std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  auto end = bytes_max;
  while (end > 0 && continues_character(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace modelvane
