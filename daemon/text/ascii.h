// Digits, and upper and lower case, where only ASCII counts: names of headers, hosts, schemes (RFC
// 9110, RFC 3986). All other bytes stay as they are, in every locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace modelvane {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Nothing else, and at least one.
constexpr bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string to_lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = to_lower(c);
  return result;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

}  // namespace modelvane
